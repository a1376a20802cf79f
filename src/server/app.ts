import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import packageInfo from '../../package.json' with { type: 'json' };
import { badUserInput } from '../errors.ts';
import type { Services } from '../graph/builder/context.ts';
import { encodeId } from '../graph/builder/ids.ts';
import { cancelJob, cancelled } from '../jobs/cancel.ts';
import { Planner } from '../planner/planner.ts';
import { registerExample } from '../registry/example.ts';
import { answers } from '../store/database.ts';
import { Lookups } from '../store/lookups.ts';
import type { Config } from './config.ts';
import { Engine } from './engine.ts';
import { createGraphql, documentsOf, endpoint, type Graphql } from './graphql.ts';
import { type Refusal, refusalOf, servedHosts } from './guard.ts';
import { Playground } from './playground.ts';
import { Prefetcher } from './prefetch.ts';
import { Turns } from './turns.ts';

/** A server that closes answers whoever waits within this time, if only with the job to ask for later. */
const drainMs = 5000;
/** How soon a connection is closed whose last request has been answered meanwhile. */
const idleMs = 100;

/** Longer than proxies and clients keep theirs: whoever sends on a connection that is just being closed gets no answer. */
const keepAliveMs = 75_000;
/** Clients that connect at the same moment; the system has a limit of its own. */
const backlogCount = 4096;

/** The whole server: everything that is opened here is closed here, in the opposite order. */
export class App {
  readonly #config: Config;
  readonly #engine: Engine;
  readonly #services: Services;
  readonly #graphql: Graphql;
  readonly #server: Server;
  #isListening = false;

  private constructor(config: Config, engine: Engine, services: Services, graphql: Graphql) {
    this.#config = config;
    this.#engine = engine;
    this.#services = services;
    this.#graphql = graphql;
    this.#server = createServer({ keepAliveTimeout: keepAliveMs }, this.#listener());
  }

  /** Opens everything and registers the example if asked to; does not listen yet. */
  static async open(config: Config, log: Logger): Promise<App> {
    const engine = await Engine.open(config, log);
    const { database, boss, waiter, watch, pool, environment } = engine;
    const planner = new Planner({
      database,
      boss,
      waiter,
      engineVersion: packageInfo.version,
      jobReference: (jobId) => encodeId('Job', jobId),
    });
    const services: Services = {
      database,
      lookups: new Lookups(database.db),
      planner,
      jobs: {
        watch,
        cancel: (job) => cancelJob(database, boss, job, cancelled),
        prefetch: (request) => prefetcher.submit(request),
      },
      pool,
      environment,
      home: config.home,
      sources: config.sources,
      log,
    };
    const graphql = createGraphql(services, config.patienceMs);
    const prefetcher = new Prefetcher({ database, boss, watch, documents: documentsOf(graphql), log });
    await engine.start();
    await prefetcher.start();
    if (config.example) await registerExample(services);
    return new App(config, engine, services, graphql);
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
      this.#server.listen({ port, host, backlog: backlogCount }, resolve);
    });
    this.#isListening = true;
    const { port: bound } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}${endpoint}`;
  }

  /** Requests under way are answered first, in time; passes under way are left to whoever starts next. */
  async close(): Promise<void> {
    this.#isListening = false;
    this.#engine.interest.close();
    this.#engine.waiter.hurry(drainMs);
    await this.#engine.watch.close();
    if (this.#server.listening) {
      await new Promise<void>((resolve) => {
        // Clients keep connections for a next request, which is not taken any more.
        const closing = setInterval(() => this.#server.closeIdleConnections(), idleMs);
        this.#server.close(() => {
          clearInterval(closing);
          resolve();
        });
        // Whoever has not read his answer by then does not want it.
        setTimeout(() => this.#server.closeAllConnections(), 2 * drainMs).unref();
      });
    }
    await this.#services.planner.close();
    await this.#engine.close();
  }

  #listener(): (request: IncomingMessage, response: ServerResponse) => void {
    const playground = new Playground(endpoint);
    const hosts = servedHosts(this.#config.host);
    const turns = new Turns();
    return (request, response) => {
      const refusal = refusalOf(request, hosts);
      if (refusal !== undefined) return sendRefusal(response, refusal);
      const path = (request.url ?? '/').split('?')[0];
      if (path === '/health') return sendJson(response, 200, { status: 'ok' });
      if (path === '/ready') return void this.#sendReady(response);
      if (path === '/') return void response.writeHead(302, { location: endpoint }).end();
      if (path === endpoint && Playground.wants(request)) return void playground.serve(request, response);
      if (path !== endpoint) return sendRefusal(response, elsewhere);
      turns.begin(() => void this.#graphql(request, response));
    };
  }

  /** Whether questions can be answered at this moment: not while the server closes, nor without its database. */
  async #sendReady(response: ServerResponse): Promise<void> {
    const database = await answers(this.#services.database.db);
    const ready = this.#isListening && database;
    sendJson(response, ready ? 200 : 503, { ready, database });
  }
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
