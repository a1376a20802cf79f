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
data; \`BAD_USER_INPUT\` names its \`argument\`. A field that failed is null, and the rest of the answer stands: what a mutation did is
told also when the next one fails. Of a field that cannot be null, what is wrong with its arguments whatever the data are (a page of
-1, a cursor that is none) is refused before anything of the document runs; such an answer has no \`data\`.

The status is 200 wherever there is data. With \`accept: application/graphql-response+json\` a document that is refused is 400, and one
of which nothing could be answered because the database is away is 503 with \`Retry-After\`. A request that is none has its own status
(400, 403, 404, 405, 406, 413, 415) and the same form of body.

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
