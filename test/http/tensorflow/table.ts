import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Of each analysis, by form: what the form answers. */
export type Table = ReadonlyMap<string, ReadonlyMap<string, string>>;

const page = join(import.meta.dirname, '../../../docs/tensorflow.md');
const titles: Readonly<Record<string, string>> = { layers: 'layers model', graph: 'graph model', saved: 'SavedModel' };

/** The page has the table of this device as it was just found. With UPDATE_DOCS=1 it is written. */
export async function expectDocumented(device: string, table: Table, forms: readonly string[]): Promise<void> {
  const lines = [
    ['analysis', ...forms.map((form) => titles[form] ?? form)],
    ['---', ...forms.map(() => '---')],
    ...[...table].map(([name, answers]) => [name, ...forms.map((form) => cell(answers.get(form)))]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const [begin, end] = [`<!-- ${device} -->`, `<!-- end of ${device} -->`];
  const written = await readFile(page, 'utf8');
  const start = written.indexOf(begin);
  expect(start, `docs/tensorflow.md has no table of the device ${device}`).toBeGreaterThan(-1);
  const found = `${written.slice(0, start)}${begin}\n${lines.join('\n')}\n${written.slice(written.indexOf(end))}`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(page, found);
  else expect(written, 'write it with UPDATE_DOCS=1 npm test -- test/http/tensorflow').toBe(found);
}

const cell = (answer = 'not asked'): string => (answer === 'as ONNX' ? 'yes' : (answer.split(':')[0] as string));
