import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'glassgraph-home-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Starts a server that must not start, and returns what it says. */
const refusal = (variables: Record<string, string>, ...flags: string[]) =>
  new Promise<{ code: number | null; said: string }>((resolve) => {
    const { GLASSGRAPH_DB: _, ...environment } = process.env;
    const child = execFile(
      process.execPath,
      ['src/main.ts', 'serve', ...flags],
      { env: { ...environment, GLASSGRAPH_HOME: home, ...variables } },
      (_error, _stdout, said) => resolve({ code: child.exitCode, said }),
    );
  });

describe('a server that cannot start says why in a line, and ends with 2', { timeout: 90_000 }, () => {
  test.each<[what: string, variables: Record<string, string>, flags: string[], said: RegExp]>([
    ['an unknown variable', { GLASSGRAPH_PATIENSE: '3' }, [], /^glassgraph: GLASSGRAPH_PATIENSE is not known/],
    ['a malformed flag', {}, ['--port', 'http'], /^glassgraph: PORT is “http”; it must be a number/],
    ['a home that cannot be', { GLASSGRAPH_HOME: '/dev/null/home' }, [], /^glassgraph: The folder of GLASSGRAPH_HOME/],
  ])('%s', async (_, variables, flags, said) => {
    const answer = await refusal(variables, ...flags);
    expect(answer).toEqual({ code: 2, said: expect.stringMatching(said) });
    expect(answer.said).not.toMatch(/^\s+at /m);
  });

  test('a database that is not there, without its password', async () => {
    const { code, said } = await refusal({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' });
    expect([code, said]).toEqual([
      2,
      expect.stringMatching(/^glassgraph: The database of DATABASE_URL .*ECONNREFUSED/),
    ]);
    expect(said).not.toContain('secret');
  });

  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, said } = await refusal({ PORT: String(port) });
    other.close();
    expect([code, said]).toEqual([
      2,
      expect.stringMatching(`^glassgraph: Nothing can listen on port ${port}.*EADDRINUSE`),
    ]);
  });
});
