import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Expected, examined, type Findings } from '../test/support/zoo.ts';

/** Writes docs/zoo.md: what becomes of every model of a folder that test/fixtures/generate/zoo filled. */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('node scripts/zoo.ts FOLDER');

const page = new URL('../docs/zoo.md', import.meta.url);

type Row = readonly [name: string, source: string, found: Findings | Error];

async function rowOf(file: string): Promise<Row> {
  const name = file.replace(/\.onnx$/, '');
  const { source }: Expected = JSON.parse(await readFile(join(folder as string, `${name}.json`), 'utf8'));
  const found = await examined(join(folder as string, file)).catch((error: Error) => error);
  return [name, source, found];
}

const power = (value: number): string => (value === 0 ? '0' : value.toExponential(0));

function line([name, source, found]: Row): string {
  const model = `| ${name} | ${source}`;
  if (found instanceof Error) return `${model} | no: ${found.message.replaceAll('|', '')} | | | |`;
  const { scoreDifference, logitCount, headCount, missing, gradientDifference } = found;
  const carriers = missing.length === 0 ? 'all' : `none of ${missing.join(', ')}`;
  const gradient = typeof gradientDifference === 'number' ? power(gradientDifference) : gradientDifference;
  return `${model} | ${power(scoreDifference)} | ${logitCount} of ${headCount} | ${carriers} | ${gradient} |`;
}

function isRight([, , found]: Row): boolean {
  if (found instanceof Error || typeof found.gradientDifference === 'string') return false;
  return found.scoreDifference < 1e-5 && found.missing.length === 0 && found.gradientDifference < 1e-4;
}

const rows: Row[] = [];
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.onnx')).sort())
  rows.push(await rowOf(file));
const failures: Record<string, string> = JSON.parse(await readFile(join(folder, 'failures.json'), 'utf8'));

await writeFile(
  page,
  `# The zoo

What becomes of models as libraries export them: ${rows.length} files, of which ${rows.filter(isRight).length} are read, scored and differentiated like the framework
that they come from. \`test/fixtures/generate/zoo\` exports them, \`node scripts/zoo.ts FOLDER\` writes this page. A few of
them are [kept and tested](../test/fixtures/zoo/README.md).

- **score**: the largest difference to the framework's score over 16 rows, or why the model does not open.
- **logits**: heads whose logit is in the graph; a product or sum of probabilities has none.
- **carriers**: features whose tables or slots are found.
- **gradient**: the largest difference to the framework's gradient of a logit at all carriers of a feature together, sum or norm
  of a row, in parts of the largest norm.

| model | source | score | logits | carriers | gradient |
| --- | --- | --- | --- | --- | --- |
${rows.map(line).join('\n')}

What the exporters themselves refuse:

| model | reason |
| --- | --- |
${Object.entries(failures)
  .map(([name, reason]) => `| ${name} | ${reason.replaceAll('|', '')} |`)
  .join('\n')}
`,
);
