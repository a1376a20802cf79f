import { defineConfig } from 'vitest/config';

export default defineConfig({
  // One copy for tests and libraries alike: Node takes this file, vite would take the one for bundlers.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts', 'test/support/pglite.ts'],
    // Each file in a process of its own: native libraries are loaded, and processes are killed on purpose.
    pool: 'forks',
    // One more than the cores of a small machine: many tests wait for servers.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
});
