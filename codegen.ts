import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { withCoverage } from './scripts/gradient-coverage.ts';
import { errorTable } from './src/errors.ts';
import { schema } from './src/graph/schema.ts';

/** Writes what is derived from the code; with --check, only says what of it is not current. */
const sdl = `${printSchema(lexicographicSortSchema(schema))}\n`;

const errorsPage = `# Errors

Every error of an answer carries \`extensions.code\`, one of these. What its message says in words, \`extensions\` carries as
data; \`BAD_USER_INPUT\` names its \`argument\`. A field that failed is null, and the rest of the answer stands.

| code | meaning |
| --- | --- |
${Object.entries(errorTable)
  .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  .join('\n')}
`;

/** Types for the queries of the example client. */
async function clientFiles(): Promise<[string, string][]> {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: sdl,
      documents: ['examples/bot/*.ts'],
      silent: true,
      generates: {
        'examples/bot/generated/': {
          preset: 'client',
          presetConfig: { fragmentMasking: false },
          config: {
            documentMode: 'string',
            importExtension: '.ts',
            useTypeImports: true,
            enumsAsTypes: true,
            scalars: { SafeInt: 'number', DateTime: 'string' },
          },
        },
      },
    },
    false,
  );
  return files.map(({ filename, content }) => [relative(import.meta.dirname, filename), content]);
}

const gradientsPage = withCoverage(await readFile(new URL('docs/gradients.md', import.meta.url), 'utf8'));

const files: [string, string][] = [
  ['schema.graphql', sdl],
  ['docs/errors.md', errorsPage],
  ['docs/gradients.md', gradientsPage],
  ...(await clientFiles()),
];

for (const [path, text] of files) {
  const url = new URL(path, import.meta.url);
  if (!process.argv.includes('--check')) await writeFile(url, text);
  else if ((await readFile(url, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`${path} is not what the code says: run npm run codegen\n`);
    process.exitCode = 1;
  }
}
