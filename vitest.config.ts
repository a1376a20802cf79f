import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The copy that Node loads, and so yoga and Pothos: vite would take the ES module beside it, which has classes of its own.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts', 'test/support/pglite.ts'],
    // Each file in a process of its own: native libraries are loaded, and processes are killed on purpose.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
