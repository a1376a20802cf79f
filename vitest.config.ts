import { defineConfig } from 'vitest/config';
import { functions, onNodes, onPostgres, onTensorflow, servers, slow, tags } from './test/kinds.ts';

const project = (name: string, include: string[], options: { isolate?: boolean } = {}) => ({
  extends: true as const,
  test: { name, include, ...options },
});

export default defineConfig({
  // One copy for tests and libraries alike: Node takes this file, vite would take the one for bundlers.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: ['test/support/temporary.ts', 'test/support/postgres.ts', 'test/support/pglite.ts'],
    // Native libraries are loaded, and processes are killed on purpose.
    pool: 'forks',
    // One more than the cores of a small machine: many tests wait for servers.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    tags,
    // By name, as the scripts of package.json do: the last two are files of the others once more.
    projects: [
      project('functions', functions, { isolate: false }),
      project('servers', servers),
      project('slow', slow),
      project('nodes', onNodes),
      project('postgres', onPostgres),
      project('tensorflow', onTensorflow),
    ],
  },
});
