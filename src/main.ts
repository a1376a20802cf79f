import { Command } from 'commander';
import { pino } from 'pino';
import packageInfo from '../package.json' with { type: 'json' };
import { GlassgraphError } from './errors.ts';
import { App } from './server/app.ts';
import { configOf, logLevelOf } from './server/config.ts';

const program = new Command('glassgraph')
  .description('A GraphQL server for looking inside production neural networks.')
  .version(packageInfo.version);

program
  .command('serve', { isDefault: true })
  .description('start the server')
  .option('--host <address>', 'HOST: address to listen on')
  .option('--port <number>', 'PORT: port to listen on')
  .option('--database-url <url>', 'DATABASE_URL: Postgres instead of the embedded database')
  .option('--home <folder>', 'GLASSGRAPH_HOME: embedded database, registered models, scores')
  .option('--sources <folders>', 'GLASSGRAPH_SOURCES: folders that source.uri may reach, separated like PATH')
  .option('--patience <seconds>', 'GLASSGRAPH_PATIENCE: how long a request waits for an answer')
  .option('--example', 'GLASSGRAPH_EXAMPLE=1: register the example')
  .option('--workers <count>', 'GLASSGRAPH_WORKERS: compute processes on this machine')
  .option('--threads <count>', 'GLASSGRAPH_THREADS: threads of each compute process')
  .action(serve);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof GlassgraphError)) throw error;
  process.stderr.write(`glassgraph: ${error.message}\n`);
  // Whatever was opened before something else could not be.
  process.exit(1);
}

async function serve(flags: Readonly<Record<string, string | true>>): Promise<void> {
  const log = pino({ level: logLevelOf(process.env) });
  const app = await App.open(configOf({ ...process.env, ...variablesOf(flags) }), log);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'closing');
      void app.close().then(() => process.exit(0));
    });
  }
  const url = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  log.info({ url }, 'listening');
}

/** A flag is its variable: --database-url is DATABASE_URL, --home is GLASSGRAPH_HOME. */
function variablesOf(flags: Readonly<Record<string, string | true>>): Record<string, string> {
  const plain = new Set(['HOST', 'PORT', 'DATABASE_URL']);
  return Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => {
      const name = flag.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      return [plain.has(name) ? name : `GLASSGRAPH_${name}`, value === true ? '1' : value];
    }),
  );
}
