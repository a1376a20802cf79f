import { Command, CommanderError } from 'commander';
import packageInfo from '../package.json' with { type: 'json' };
import { failureOf } from './cli/failure.ts';

// Before graphql is loaded: it looks for a second copy of itself at every value unless it is told that this is no development.
process.env.NODE_ENV ??= 'production';

/** Loaded when it is asked for: a command that asks a server needs nothing of one. */
const commands = {
  serve: async () => (await import('./cli/serve.ts')).serveCommand(),
  worker: async () => (await import('./cli/serve.ts')).workerCommand(),
  register: async () => (await import('./cli/register.ts')).registerCommand(),
  query: async () => (await import('./cli/query.ts')).queryCommand(),
  jobs: async () => (await import('./cli/jobs.ts')).jobsCommand(),
  export: async () => (await import('./cli/archive.ts')).exportCommand(),
  import: async () => (await import('./cli/archive.ts')).importCommand(),
};

const program = new Command('glassgraph')
  .description('A GraphQL server for looking inside production neural networks.')
  .version(packageInfo.version)
  .addHelpText(
    'after',
    `
  glassgraph serve --example                     a server with an example, on http://localhost:4000/graphql
  glassgraph register model ctr 1 models/ctr     make a model known to it
  glassgraph query '{ models { totalCount } }'   ask it
  glassgraph help serve                          every setting

Ends with 0 when all is answered or done, 1 when the answer is no, 2 when there is none, 3 when it is still being computed.`,
  );

const given = process.argv.slice(2);
// The library's own help knows one level: “help register model” is what “register model --help” says.
const args = given[0] === 'help' && given.length > 2 ? [...given.slice(1), '--help'] : given;
const named = args[0] ?? '';
const isCommand = Object.hasOwn(commands, named);

/** The library ends with 1 what it finds wrong with arguments; here that is no answer. */
function throwing(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwing);
}

try {
  throwing(program);
  if (!isCommand && /^[^-]/.test(named) && named !== 'help') program.error(`error: unknown command '${named}'`);
  const asked = isCommand ? [commands[named as keyof typeof commands]] : Object.values(commands);
  for (const load of asked) program.addCommand(await load(), { isDefault: load === commands.serve });
  throwing(program);
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  const isTold = error instanceof CommanderError;
  const { code, lines, json } = failureOf(error);
  if (!isTold) process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  if (json !== undefined && args.includes('--json')) process.stdout.write(`${JSON.stringify(json)}\n`);
  // Whatever was opened before something else could not be.
  process.exit(code);
}
