import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DestinationStream, pino } from 'pino';
import { App } from '../../src/server/app.ts';
import { type Config, configOf } from '../../src/server/config.ts';
import { type Ask, asker } from './ask.ts';
import { freshLocation } from './database.ts';

export interface TestServer extends AsyncDisposable {
  /** Of the endpoint. */
  readonly url: string;
  readonly home: string;
  /** The first of the folders that `source.uri` may reach: empty, and gone with the server. */
  readonly folder: string;
  readonly ask: Ask;
}

/** The whole server on a free port, in a home of its own, with compute processes of its own. */
export async function startServer(
  config: Partial<Pick<Config, 'sources' | 'patienceMs' | 'example' | 'workers'>> & { logTo?: DestinationStream } = {},
): Promise<TestServer> {
  const location = await freshLocation();
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
  const { sources = [], patienceMs = 25_000, example = false, workers = 1, logTo } = config;
  const app = await App.open(
    {
      ...configOf({}),
      ...location,
      host: '127.0.0.1',
      port: 0,
      sources: [folder, ...sources],
      patienceMs,
      example,
      workers,
      threads: 2,
    },
    pino({ level: logTo === undefined ? (process.env.LOG_LEVEL ?? 'silent') : 'info' }, logTo),
  );
  const url = await app.listen();
  return {
    url,
    home: location.home,
    folder,
    ask: asker(url, [location.home, folder]),
    async [Symbol.asyncDispose]() {
      await app.close();
      await location[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
