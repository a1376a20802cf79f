import { defineConfig } from 'vitest/config';

const functions = ['analysis', 'compute', 'data', 'graph', 'planner', 'plots'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  // One copy for tests and libraries alike: Node takes this file, vite would take the one for bundlers.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: ['test/support/postgres.ts', 'test/support/pglite.ts'],
    // Native libraries are loaded, and processes are killed on purpose.
    pool: 'forks',
    // One more than the cores of a small machine: many tests wait for servers.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    projects: [
      // Functions of what they are given: their files share a process, and what it has loaded.
      { extends: true, test: { name: 'functions', include: functions, isolate: false } },
      { extends: true, test: { name: 'servers', include: ['test/**/*.test.ts'], exclude: functions } },
    ],
  },
});
