import { readFile, writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './src/graph/schema.ts';

/** Prints schema.graphql from the code; with --check, only says whether it is what the code prints. */
const path = new URL('schema.graphql', import.meta.url);
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`;

if (!process.argv.includes('--check')) await writeFile(path, printed);
else if ((await readFile(path, 'utf8').catch(() => '')) !== printed) {
  process.stderr.write('schema.graphql is not what the code prints: run npm run codegen\n');
  process.exitCode = 1;
}
