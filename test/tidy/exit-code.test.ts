import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a process that can start a Postgres, as a run of the tests is one, ends with its own exit code', () => {
  const server = new URL('../support/postgres-server.ts', import.meta.url);
  const script = `await import('${server}'); process.exitCode = 3;`;
  expect(spawnSync(process.execPath, ['--input-type=module', '--eval', script]).status).toBe(3);
});
