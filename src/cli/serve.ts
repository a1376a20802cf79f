import { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { badUserInput } from '../errors.ts';
import { type Config, configOf, logLevelOf } from '../server/config.ts';
import { watchMainThread } from '../server/watchdog.ts';
import { supervise, tellSupervisor } from './supervise.ts';

type Flags = Readonly<Record<string, string | true>>;

/** Settings that every process of a server has; each is a variable of the environment as well. */
const settings = (command: Command): Command =>
  command
    .option('--database-url <url>', 'DATABASE_URL: Postgres instead of the embedded database')
    .option('--home <folder>', 'GLASSGRAPH_HOME: embedded database, registered models, scores (.glassgraph)')
    .option('--workers <count>', 'GLASSGRAPH_WORKERS: passes at a time on this machine (1)')
    .option('--threads <count>', 'GLASSGRAPH_THREADS: threads of each compute process (all cores)')
    .option('--pass-seconds <seconds>', 'GLASSGRAPH_PASS_SECONDS: how long a pass may take (21600)')
    .option('--pass-memory <MiB>', 'GLASSGRAPH_PASS_MEMORY: what a compute process may take (3/4 of the machine)')
    .option('--silent-seconds <seconds>', 'GLASSGRAPH_SILENT_SECONDS: without a sign of life, it is replaced (120)')
    .option('--blocked-seconds <seconds>', 'GLASSGRAPH_BLOCKED_SECONDS: at one thing for longer, the server ends (30)')
    .option('--cache <MiB>', 'GLASSGRAPH_CACHE: results that are kept (10240)');

export const serveCommand = (): Command =>
  settings(new Command('serve').description('start the server'))
    .option('--host <address>', 'HOST: address to listen on (127.0.0.1)')
    .option('--port <number>', 'PORT: port to listen on (4000)')
    .option('--sources <folders>', 'GLASSGRAPH_SOURCES: folders that source.uri may reach, separated like PATH (.)')
    .option('--patience <seconds>', 'GLASSGRAPH_PATIENCE: how long a request waits for an answer (25)')
    .option('--example', 'GLASSGRAPH_EXAMPLE=1: register the example')
    .option('--restart', 'start the server again whenever it crashes')
    .action(({ restart, ...flags }: Flags) => (restart ? supervise() : serve(flags)));

export const workerCommand = (): Command =>
  settings(
    new Command('worker').description('run passes for servers that share a database and files, and listen to nobody'),
  )
    .addHelpText(
      'after',
      `
A worker takes passes off the queue of a Postgres that it shares with servers (--database-url). It must see the same
GLASSGRAPH_HOME as they, and datasets under the same paths. It stops with SIGTERM: a pass under way goes back to the queue.`,
    )
    .option('--restart', 'start the worker again whenever it crashes')
    .action(({ restart, ...flags }: Flags) => (restart ? supervise() : work(flags)));

async function serve(flags: Flags): Promise<void> {
  const { config, log } = start(flags);
  const { App } = await import('../server/app.ts');
  const app = await App.open(config, log);
  onSignal(log, () => app.close());
  const url = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  log.info({ url }, 'listening');
  serving(config);
}

async function work(flags: Flags): Promise<void> {
  const { config, log } = start(flags);
  if (config.databaseUrl === undefined)
    throw badUserInput(
      'DATABASE_URL',
      'A worker shares a Postgres with servers: set DATABASE_URL. An embedded server has its own.',
    );
  if (config.workers === 0)
    throw badUserInput('GLASSGRAPH_WORKERS', 'A worker that runs no passes has nothing to do: set GLASSGRAPH_WORKERS.');
  const { Engine } = await import('../server/engine.ts');
  const engine = await Engine.open(config, log);
  onSignal(log, () => engine.close());
  await engine.start();
  log.info({ workers: config.workers, threads: config.threads }, 'working');
  serving(config);
}

/** A start may take its time, and whoever started it sees how far it is; from now on nobody looks. */
function serving({ blockedMs }: Config): void {
  watchMainThread(blockedMs);
  tellSupervisor(() => process.kill(process.pid, 'SIGTERM'));
}

function start(flags: Flags): { config: Config; log: Logger } {
  const config = configOf({ ...process.env, ...variablesOf(flags) });
  return { config, log: pino({ level: logLevelOf(process.env) }) };
}

/** The first signal lets requests end; the second one, whichever it is, is the system's. */
function onSignal(log: Logger, close: () => Promise<void>): void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const closing = (signal: NodeJS.Signals): void => {
    for (const one of signals) process.off(one, closing);
    log.info({ signal }, 'closing');
    void close().then(() => process.exit(0));
  };
  for (const signal of signals) process.on(signal, closing);
}

/** A flag is its variable: --database-url is DATABASE_URL, --home is GLASSGRAPH_HOME. */
function variablesOf(flags: Flags): Record<string, string> {
  const plain = new Set(['HOST', 'PORT', 'DATABASE_URL']);
  return Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => {
      const name = flag.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      return [plain.has(name) ? name : `GLASSGRAPH_${name}`, value === true ? '1' : value];
    }),
  );
}
