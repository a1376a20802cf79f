import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import packageInfo from '../../package.json' with { type: 'json' };
import { ComputePool } from '../compute/process/pool.ts';
import { badUserInput } from '../errors.ts';
import type { Services } from '../graph/context.ts';
import { encodeId } from '../graph/ids.ts';
import { startBoss } from '../jobs/boss.ts';
import { endAbandoned, requeueOrphans } from '../jobs/recovery.ts';
import { Runner } from '../jobs/runner.ts';
import { ResultWaiter } from '../jobs/wait.ts';
import { Planner } from '../planner/planner.ts';
import { registerExample } from '../registry/example.ts';
import { openDatabase } from '../store/database.ts';
import { removeLeftovers } from '../store/files.ts';
import { Lookups } from '../store/lookups.ts';
import type { Config } from './config.ts';
import { createGraphql, endpoint } from './graphql.ts';
import { type Refusal, refusalOf, servedHosts } from './guard.ts';
import { Playground } from './playground.ts';

const computeEntry = new URL('../pass/main.ts', import.meta.url);
/** How often jobs that the queue has given up on are looked for. */
const recoveryIntervalMs = 5000;

/** The whole server: everything that is opened here is closed here, in the opposite order. */
export class App {
  readonly #config: Config;
  readonly #services: Services;
  readonly #boss: PgBoss;
  readonly #waiter: ResultWaiter;
  readonly #server: Server;
  readonly #recovery: NodeJS.Timeout;
  #isReady = false;

  private constructor(config: Config, services: Services, boss: PgBoss, waiter: ResultWaiter) {
    this.#config = config;
    this.#services = services;
    this.#boss = boss;
    this.#waiter = waiter;
    this.#server = createServer(this.#listener());
    this.#recovery = setInterval(() => void this.#recover(), recoveryIntervalMs).unref();
  }

  /** Opens everything and registers the example if asked to; does not listen yet. */
  static async open(config: Config, log: Logger): Promise<App> {
    await mkdir(config.home, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw badUserInput(
        'GLASSGRAPH_HOME',
        `The folder of GLASSGRAPH_HOME cannot be made (${error.code}). Name another.`,
      );
    });
    const database = await openDatabase(config);
    const boss = await startBoss(database, (error) => log.error({ err: error }, 'queue'));
    const waiter = await ResultWaiter.open(database);
    // One more than passes run at a time: registrations and rows written by hand do not wait for them.
    const pool = new ComputePool({ entry: computeEntry, size: config.workers + 1 });
    const planner = new Planner({
      database,
      boss,
      waiter,
      engineVersion: packageInfo.version,
      jobReference: (jobId) => encodeId('Job', jobId),
    });
    const environment = { home: config.home, threads: config.threads };
    const services: Services = {
      database,
      lookups: new Lookups(database.db),
      planner,
      pool,
      environment,
      home: config.home,
      sources: config.sources,
      log,
    };
    if (config.workers > 0) await startRunner(config, services, boss);
    if (config.example) await registerExample(services);
    return new App(config, services, boss, waiter);
  }

  /** Returns the address of the endpoint. */
  async listen(): Promise<string> {
    const { host, port } = this.#config;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          badUserInput('PORT', `Nothing can listen on port ${port} of ${host} (${error.code}). Set another PORT.`),
        ),
      );
      this.#server.listen(port, host, resolve);
    });
    this.#isReady = true;
    const { port: bound } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}${endpoint}`;
  }

  /** Requests under way are answered first; passes under way are left to whoever starts next. */
  async close(): Promise<void> {
    this.#isReady = false;
    clearInterval(this.#recovery);
    if (this.#server.listening) {
      await new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
        this.#server.closeIdleConnections();
      });
    }
    await this.#waiter.close();
    await this.#boss.stop({ graceful: false });
    await this.#services.pool.close();
    await this.#services.planner.close();
    await this.#services.database.close();
  }

  #listener(): (request: IncomingMessage, response: ServerResponse) => void {
    const graphql = createGraphql(this.#services, this.#config.patienceMs);
    const playground = new Playground(endpoint);
    const hosts = servedHosts(this.#config.host);
    return (request, response) => {
      const refusal = refusalOf(request, hosts);
      if (refusal !== undefined) return sendRefusal(response, refusal);
      const path = (request.url ?? '/').split('?')[0];
      if (path === '/health') return sendJson(response, 200, { status: 'ok' });
      if (path === '/ready') return sendJson(response, this.#isReady ? 200 : 503, { ready: this.#isReady });
      if (path === '/') return void response.writeHead(302, { location: endpoint }).end();
      if (path === endpoint && Playground.wants(request)) return void playground.serve(request, response);
      if (path !== endpoint) return sendRefusal(response, elsewhere);
      void graphql(request, response);
    };
  }

  async #recover(): Promise<void> {
    await endAbandoned(this.#services.database, this.#boss).catch((error: unknown) =>
      this.#services.log.error({ err: error }, 'recovery'),
    );
  }
}

async function startRunner(
  config: Config,
  { database, pool, environment, home, log }: Services,
  boss: PgBoss,
): Promise<void> {
  if (database.engine.kind === 'pglite') {
    await requeueOrphans(database, boss);
    await removeLeftovers(database.db, home);
  }
  await endAbandoned(database, boss);
  await new Runner({ database, boss, pool, environment, concurrency: config.workers, log }).start();
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

/** In the form of a GraphQL answer, so that every client can read it. */
const sendRefusal = (response: ServerResponse, { status, code, message }: Refusal): void =>
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });

const elsewhere: Refusal = {
  status: 404,
  code: 'NOT_FOUND',
  message: `There is nothing here. The API is ${endpoint}.`,
};
