import { readFile, writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { withCoverage } from './scripts/gradient-coverage.ts';
import { schema } from './src/graph/schema.ts';

/** Writes the files that follow from the code; with --check, only says whether they are what the code gives. */
const files: Readonly<Record<string, (now: string) => string>> = {
  'schema.graphql': () => `${printSchema(lexicographicSortSchema(schema))}\n`,
  'docs/gradients.md': withCoverage,
};

for (const [name, written] of Object.entries(files)) {
  const path = new URL(name, import.meta.url);
  const now = await readFile(path, 'utf8').catch(() => '');
  if (written(now) === now) continue;
  if (!process.argv.includes('--check')) await writeFile(path, written(now));
  else {
    process.stderr.write(`${name} is not what the code gives: run npm run codegen\n`);
    process.exitCode = 1;
  }
}
