import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelGraph } from '../../../src/compute/graph.ts';
import { readBatches } from '../../../src/data/batches/batches.ts';
import { bind } from '../../../src/data/batches/bind.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { resolveManifest } from '../../../src/data/manifest/resolve.ts';
import { loadVocabularies } from '../../../src/data/manifest/vocabulary.ts';
import { temporaryFolder } from '../parquet.ts';

const root = join(import.meta.dirname, '../../..');
const example = join(root, 'examples/flights');
interface Expected {
  evaluations: Record<string, { rowCount: number; positiveCount: number }>;
  rows: { index: number; ids: number[]; numbers: number[] }[];
}

const graph: ModelGraph = {
  inputs: [
    { name: 'ids', dtype: 'int64', shape: [null, 8] },
    { name: 'numbers', dtype: 'float32', shape: [null, 11] },
  ],
  outputs: [{ name: 'probability', dtype: 'float32', shape: [null, 1] }],
  tensors: [],
  layers: [],
  parameterCount: 0,
  logits: [],
  lookups: [],
};

test('the flights reach the model as Python encodes them', async () => {
  const { v1 } = JSON.parse(await readFile(join(root, 'test/fixtures/flights/expected.json'), 'utf8')) as {
    v1: Expected;
  };
  const dataset = await inspectDataset([join(example, 'flights.parquet')], {
    label: 'late',
    groupBy: 'tailnum',
    partitionBy: 'month',
  });
  for (const { name, rowCount, positiveCount } of dataset.partitions) {
    expect(v1.evaluations[name]).toMatchObject({ rowCount, positiveCount });
  }
  const home = await temporaryFolder();
  const files = { readFile: (name: string) => readFile(join(example, 'v1', name), 'utf8'), home };
  const manifest = await resolveManifest(graph, JSON.parse(await files.readFile('manifest.json')), files);
  const bound = bind(graph, manifest, await loadVocabularies(home, manifest), dataset);
  const wanted = new Map(v1.rows.map((row) => [row.index, row]));
  const selection = { partitions: null, where: [], invalid: 'FAIL' } as const;
  for await (const { index, inputs } of readBatches(dataset, selection, bound, { batchRows: 4096, threads: 1 })) {
    for (const [at, row] of index.entries()) {
      const expected = wanted.get(row);
      if (expected === undefined) continue;
      const values = (name: string, width: number) =>
        Array.from(inputs[name]?.data.subarray(at * width, (at + 1) * width) ?? [], Number);
      expect(values('ids', 8)).toEqual(expected.ids);
      for (const [slot, value] of values('numbers', 11).entries())
        expect(value).toBeCloseTo(expected.numbers[slot] as number, 5);
      wanted.delete(row);
    }
  }
  expect([...wanted.keys()]).toEqual([]);
});
