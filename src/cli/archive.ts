import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { badUserInput } from '../errors.ts';
import type { Config } from '../server/config.ts';
import { configOf } from '../server/config.ts';
import type { Counts } from '../store/archive.ts';
import { print, printJson } from './client.ts';

interface Flags {
  readonly databaseUrl?: string;
  readonly home?: string;
  readonly json?: true;
}

const onStore = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option('--database-url <url>', 'DATABASE_URL: Postgres instead of the embedded database')
    .option('--home <folder>', 'GLASSGRAPH_HOME: embedded database, registered models, scores (.glassgraph)')
    .option('--json', 'print what was taken along as JSON');

export const exportCommand = (): Command =>
  onStore('export', 'write models, aliases, datasets and kept results, with their files, into a folder')
    .argument('<folder>', 'a new folder')
    .addHelpText(
      'after',
      `
For what neither a copy of the home nor pg_dump does: before a new version of Glassgraph whose embedded database does not open the
old one's folder, and to move from the embedded database to Postgres or to another machine. An embedded server must be stopped.
Datasets that are read where they lie stay there.

  glassgraph export archive && glassgraph import archive --home elsewhere`,
    )
    .action((folder: string, flags: Flags) => {
      const { databaseUrl, home } = placeOf(flags);
      if (databaseUrl === undefined && !existsSync(join(home, 'database')))
        throw badUserInput(
          'home',
          `There is no embedded database in “${home}”. Name another home with --home, or a Postgres with --database-url.`,
        );
      return onDatabase(flags, async (place) => (await import('../store/archive.ts')).exportTo(resolve(folder), place));
    });

export const importCommand = (): Command =>
  onStore('import', 'take over what “export” wrote, into a home and a database that have nothing yet')
    .argument('<folder>', 'the folder that “export” wrote')
    .action((folder: string, flags: Flags) =>
      onDatabase(flags, async (place) => (await import('../store/archive.ts')).importFrom(resolve(folder), place)),
    );

const placeOf = ({ databaseUrl, home }: Flags): Config =>
  configOf({
    ...process.env,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(home === undefined ? {} : { GLASSGRAPH_HOME: home }),
  });

async function onDatabase(
  flags: Flags,
  act: (place: Pick<Config, 'home'> & { db: import('../store/database.ts').Queries }) => Promise<Counts>,
): Promise<void> {
  const config = placeOf(flags);
  const { openDatabase } = await import('../store/database.ts');
  let database: import('../store/database.ts').Database | undefined;
  try {
    database = await openDatabase(config);
    const counts = await act({ db: database.db, home: config.home });
    const { models, modelAliases, datasets, results } = counts;
    if (flags.json) printJson(counts);
    else print(`${models} models, ${modelAliases} aliases, ${datasets} datasets, ${results} results`);
  } catch (error) {
    const { syscall, code, path } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    const what = path === undefined ? 'What was begun' : `“${path}”`;
    throw badUserInput('folder', `${what} cannot be read or written (${code}).`);
  } finally {
    await database?.close();
  }
}
