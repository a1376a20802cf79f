import { readFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TensorSpec } from '../../../src/compute/tensor.ts';
import { readBatches } from '../../../src/data/batches/batches.ts';
import { bind } from '../../../src/data/batches/bind.ts';
import { partOf } from '../../../src/data/batches/part.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import type { FeatureBinding, Manifest } from '../../../src/data/manifest/manifest.ts';
import { countRows } from '../../../src/data/rows.ts';
import type { Batch, DatasetRecord, RowSelection } from '../../../src/data/types.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

const everything: RowSelection = { partitions: null, where: [], invalid: 'FAIL' };
const input = (name: string, dtype: TensorSpec['dtype'], ...rowShape: (number | null)[]): TensorSpec => ({
  name,
  dtype,
  shape: [null, ...rowShape],
});
const manifestOf = (...features: FeatureBinding[]): Manifest => ({
  score: { output: 'y', index: 0, space: 'VALUE' },
  features,
  vocabularies: {},
});

async function datasetOf(select: string, label: string | null = null, options = ''): Promise<DatasetRecord> {
  const path = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), select, options);
  return inspectDataset([path], { label, groupBy: null, partitionBy: null });
}

interface Asked {
  dataset: DatasetRecord;
  inputs: TensorSpec[];
  features: FeatureBinding[];
  selection?: Partial<RowSelection>;
  batchRows?: number;
  vocabularies?: Record<string, ReadonlyMap<string, number>>;
  cardinality?: Record<string, number>;
}

async function read({ dataset, inputs, features, selection, batchRows = 4096, vocabularies = {}, cardinality }: Asked) {
  const bound = bind({ inputs }, manifestOf(...features), vocabularies, dataset, cardinality);
  const batches: Batch[] = [];
  const options = { batchRows, threads: 1 };
  for await (const batch of readBatches(dataset, { ...everything, ...selection }, bound, options)) batches.push(batch);
  const flat = (name: string) => batches.flatMap((batch) => Array.from(batch.inputs[name]?.data ?? [], Number));
  return {
    batches,
    flat,
    index: batches.flatMap((batch) => [...batch.index]),
    label: batches.flatMap((batch) => [...batch.label]),
    labelled: batches.flatMap((batch) => [...batch.labelled]),
    skipped: batches.reduce((sum, batch) => sum + batch.skippedRowCount, 0),
  };
}

test('ids and numbers land in their slots, with index and label', async () => {
  const dataset = await datasetOf(
    `SELECT * FROM (VALUES (7, 0.5, 'a', 1), (8, NULL, 'b', NULL), (9, 2.5, NULL, 0)) t(id, x, word, clicked)`,
    'clicked',
  );
  const { batches, flat, index, label, labelled } = await read({
    dataset,
    inputs: [input('ids', 'int64', 2), input('x', 'float32', 1)],
    features: [
      { kind: 'CATEGORICAL', name: 'word', column: 'word', input: 'ids', index: 1, vocabulary: 'v', offset: 10 },
      { kind: 'CATEGORICAL', name: 'id', column: 'id', input: 'ids', index: 0 },
      { kind: 'NUMERIC', name: 'x', column: 'x', input: 'x', index: 0, missing: 1, transform: [{ log1p: true }] },
    ],
    vocabularies: { v: new Map(Object.entries({ b: 0, a: 1 })) },
  });
  expect(batches[0]?.inputs.ids?.dims).toEqual([3, 2]);
  expect(flat('ids')).toEqual([7, 11, 8, 10, 9, 0]);
  expect(flat('x')).toEqual([1.5, 2, 3.5].map((x) => Math.fround(Math.log(x))));
  expect(index).toEqual([0, 1, 2]);
  expect([label, labelled]).toEqual([
    [1, 0, 0],
    [1, 0, 1],
  ]);
});

test('a value outside the vocabulary becomes the missing id', async () => {
  const { flat } = await read({
    dataset: await datasetOf(`SELECT unnest(['a', 'new', NULL]) AS word`),
    inputs: [input('word', 'int32')],
    features: [
      { kind: 'CATEGORICAL', name: 'w', column: 'word', input: 'word', index: 0, vocabulary: 'v', missing: 5 },
    ],
    vocabularies: { v: new Map([['a', 0]]) },
  });
  expect(flat('word')).toEqual([0, 5, 5]);
});

test('whole floats, integers and dates are looked up by their plain text', async () => {
  const texts = ['3', '12345678901234567', '2024-01-31'];
  const vocabulary = new Map(texts.map((text, at) => [text, at + 1]));
  const { flat } = await read({
    dataset: await datasetOf(`SELECT 3::DOUBLE AS a, 12345678901234567 AS b, DATE '2024-01-31' AS c`),
    inputs: [input('ids', 'int64', 3)],
    features: ['a', 'b', 'c'].map((name, index) => {
      return { kind: 'CATEGORICAL', name, column: name, input: 'ids', index, vocabulary: 'v' };
    }),
    vocabularies: { v: vocabulary },
  });
  expect(flat('ids')).toEqual([1, 2, 3]);
});

test('sequences are filled up with padding; a null is an empty one', async () => {
  const { flat } = await read({
    dataset: await datasetOf(`SELECT unnest([[1, 2], NULL, [], [3, NULL, 4]]) AS history`),
    inputs: [input('history', 'int64', null)],
    features: [
      { kind: 'SEQUENCE', name: 'h', column: 'history', input: 'history', index: 0, length: 3, padding: 9, missing: 8 },
    ],
  });
  expect(flat('history')).toEqual([1, 2, 9, 9, 9, 9, 9, 9, 9, 3, 8, 4]);
});

test('sequences of texts go through the vocabulary', async () => {
  const { flat } = await read({
    dataset: await datasetOf(`SELECT ['b', 'a', 'x'] AS words`),
    inputs: [input('words', 'float32', 4)],
    features: [
      {
        kind: 'SEQUENCE',
        name: 'w',
        column: 'words',
        input: 'words',
        index: 0,
        length: 4,
        padding: 0,
        vocabulary: 'v',
      },
    ],
    vocabularies: { v: new Map(Object.entries({ a: 1, b: 2 })) },
  });
  expect(flat('words')).toEqual([2, 1, 0, 0]);
});

test('embeddings are copied as they are, also from arrays', async () => {
  const { flat, batches } = await read({
    dataset: await datasetOf('SELECT unnest([[1, 2, 3, 4], [5, 6, 7, 8]]::FLOAT[4][]) AS vector'),
    inputs: [input('vector', 'float32', 2, 2)],
    features: [{ kind: 'EMBEDDING', name: 'v', column: 'vector', input: 'vector', index: 0, length: 4 }],
  });
  expect(flat('vector')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(batches[0]?.inputs.vector?.dims).toEqual([2, 2, 2]);
});

test('the transforms of a number apply in order', async () => {
  const transform = [
    { clip: { low: 0, high: 10 } },
    { standardize: { mean: 4, deviation: 2 } },
    { bucketize: { edges: [-2, 0, 3] } },
  ];
  const { flat } = await read({
    dataset: await datasetOf('SELECT unnest([-5, 3, 4, 99]) AS x'),
    inputs: [input('x', 'int64', 1)],
    features: [{ kind: 'NUMERIC', name: 'x', column: 'x', input: 'x', index: 0, transform }],
  });
  expect(flat('x')).toEqual([1, 1, 2, 3]);
});

test('no transform makes a number of what is none', async () => {
  const transform = [{ bucketize: { edges: [0] } }];
  for (const value of ['NaN', 'Infinity']) {
    const reading = read({
      dataset: await datasetOf(`SELECT '${value}'::DOUBLE AS v`),
      inputs: [input('x', 'float32', 1)],
      features: [{ ...number('v'), transform } as FeatureBinding],
    });
    await expect(reading).rejects.toThrow(`${value} of the feature “f” (column “v”) in row 0 is not a finite number`);
  }
});

const number = (column: string): FeatureBinding => ({ kind: 'NUMERIC', name: 'f', column, input: 'x', index: 0 });
const id = (column: string): FeatureBinding => ({ kind: 'CATEGORICAL', name: 'f', column, input: 'x', index: 0 });
const list = (length: number): FeatureBinding => {
  return { kind: 'SEQUENCE', name: 'f', column: 'v', input: 'x', index: 0, length, padding: 0 };
};
test.each<[string, string, TensorSpec, FeatureBinding, RegExp, Record<string, number>?]>([
  ['null', '[1, NULL]::DOUBLE[]', input('x', 'float32', 1), number('v'), /is null, and/],
  ['NaN', `['1', 'NaN']::DOUBLE[]`, input('x', 'float32', 1), number('v'), /NaN .* is not a finite number/],
  ['∞', `['1', '-Infinity']::DOUBLE[]`, input('x', 'float32', 1), number('v'), /-Infinity .* is not a finite number/],
  ['a number too large', '[1, 1e300]::DOUBLE[]', input('x', 'float32', 1), number('v'), /1e\+300 .* out of the range/],
  [
    'a number that its transforms make none of',
    '[1, -3]::DOUBLE[]',
    input('x', 'float32', 1),
    { ...number('v'), transform: [{ log1p: true }] } as FeatureBinding,
    /-3 .* is NaN once it is transformed/,
  ],
  ['a fraction', '[1, 2.5]::DOUBLE[]', input('x', 'int64', 1), number('v'), /2\.5 .* out of the range/],
  ['a negative id', '[1, -1]', input('x', 'int64', 1), id('v'), /-1 .* is negative/],
  ['an id beyond its table', '[1, 7]', input('x', 'int64', 1), id('v'), /7 .* beyond .* 7 entries/, { f: 7 }],
  ['a fraction of an id', '[1, 1.5]::DOUBLE[]', input('x', 'int64', 1), id('v'), /1\.5 .* not a whole number/],
  ['an id that float32 would round', '[1, 16777217]', input('x', 'float32', 1), id('v'), /too large for its input/],
  ['a list too long', '[[1], [1, 2, 3]]', input('x', 'int64', 2), list(2), /A list of 3 .* is longer/],
  ['a bad id in a list', '[[1], [2, -3]]', input('x', 'int64', 2), list(2), /-3 .* is negative/],
])(
  '%s fails the pass, naming feature, column and row, or is skipped',
  async (_, values, spec, feature, message, cardinality) => {
    const dataset = await datasetOf(`SELECT unnest(${values}) AS v`);
    const asked = { dataset, inputs: [spec], features: [feature], ...(cardinality && { cardinality }) };
    await expect(read(asked)).rejects.toMatchObject({
      code: 'BINDING_MISMATCH',
      message: expect.stringMatching(message),
      details: { feature: 'f', column: 'v', row: 1 },
    });
    const { index, skipped } = await read({ ...asked, selection: { invalid: 'SKIP' } });
    expect([index, skipped]).toEqual([[0], 1]);
  },
);

test('with missing, an id beyond its table becomes it', async () => {
  const { flat } = await read({
    dataset: await datasetOf('SELECT unnest([1, 7, -1, NULL]) AS v'),
    inputs: [input('x', 'int64', 1)],
    features: [{ kind: 'CATEGORICAL', name: 'f', column: 'v', input: 'x', index: 0, missing: 3 }],
    cardinality: { f: 7 },
  });
  expect(flat('x')).toEqual([1, 3, 3, 3]);
});

test('what a null becomes is held to what the value itself would be', async () => {
  const nulls = await datasetOf('SELECT NULL::DOUBLE AS v');
  const outcome = async (dataset: DatasetRecord, dtype: TensorSpec['dtype'], feature: FeatureBinding) => {
    const asked = { dataset, inputs: [input('x', dtype, 1)], features: [feature] };
    return read(asked).then(
      ({ flat }) => flat('x'),
      (error) => error.code,
    );
  };
  for (const missing of [-3, -1.25, -1, 0, 0.5, 1, 1e40]) {
    const values = await datasetOf(`SELECT ${missing}::DOUBLE AS v`);
    for (const dtype of ['float32', 'float64', 'int32', 'int64', 'bool'] as const)
      for (const transform of [[], [{ log1p: true }], [{ standardize: { mean: 0.5, deviation: 1e-300 } }]] as const) {
        const feature = { kind: 'NUMERIC', name: 'v', column: 'v', input: 'x', index: 0, transform } as const;
        const own = await outcome(values, dtype, feature);
        expect(await outcome(nulls, dtype, { ...feature, missing }), `${missing} ${dtype}`).toEqual(own);
      }
  }
  const logarithm = { kind: 'NUMERIC', name: 'v', column: 'v', input: 'x', index: 0, missing: -1.25 } as const;
  const asked = {
    dataset: nulls,
    inputs: [input('x', 'float32', 1)],
    features: [{ ...logarithm, transform: [{ log1p: true }] }],
  };
  await expect(read(asked as Asked)).rejects.toMatchObject({
    code: 'BINDING_MISMATCH',
    message: expect.stringContaining('the “missing” that takes its place, -1.25, is NaN once it is transformed'),
  });
});

test('rows that all have to be skipped are an error, not an empty answer', async () => {
  const dataset = await datasetOf('SELECT NULL::DOUBLE AS v');
  const asked = { dataset, inputs: [input('x', 'float32', 1)], features: [number('v')] };
  await expect(read({ ...asked, selection: { invalid: 'SKIP' } })).rejects.toMatchObject({ code: 'BINDING_MISMATCH' });
});

test('a selection without rows is an error that names rows', async () => {
  const asked = {
    dataset: await datasetOf('SELECT 1 AS v'),
    inputs: [input('x', 'float32', 1)],
    features: [number('v')],
  };
  const where = [{ column: 'v', op: 'GT', value: 1 }] as const;
  await expect(read({ ...asked, selection: { where } })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    details: { argument: 'rows' },
  });
});

test.each<[string, string, FeatureBinding, RegExp]>([
  ['a column that is not there', '1 AS agee', number('age'), /column “age”, .* Did you mean “agee”/],
  ['a text for a number', `'1' AS v`, number('v'), /is NUMERIC and its column “v” is VARCHAR/],
  ['a text for an id', `'1' AS v`, id('v'), /or the feature needs a vocabulary/],
  ['a number for a list', '1 AS v', list(2), /must be a list of numbers/],
])('binding refuses %s', async (_, column, feature, message) => {
  const dataset = await datasetOf(`SELECT ${column}`);
  const spec = input('x', 'float32', 'length' in feature ? 2 : 1);
  expect(() => bind({ inputs: [spec] }, manifestOf(feature), {}, dataset)).toThrow(message);
});

test('binding refuses a vocabulary with more entries than the table', async () => {
  const dataset = await datasetOf(`SELECT 'a' AS v`);
  const feature = { ...id('v'), vocabulary: 'v', offset: 1 } as FeatureBinding;
  const vocabularies = { v: new Map(Object.entries({ a: 0, b: 1 })) };
  const bound = (size: number) =>
    bind({ inputs: [input('x', 'int64', 1)] }, manifestOf(feature), vocabularies, dataset, { f: size });
  expect(bound(3).features).toHaveLength(1);
  expect(() => bound(2)).toThrow(
    /vocabulary v of the feature “f” has 2 entries, the last with id 2, and its table has 2/,
  );
});

test('rows keep their order over files and row groups, on any number of threads', async () => {
  const folder = await temporaryFolder();
  const paths = await Promise.all(
    [0, 1, 2].map((file) =>
      writeParquet(
        join(folder, `${file}.parquet`),
        `SELECT ${file * 5000} + i AS v FROM range(${5000 - file}) t(i)`,
        ', ROW_GROUP_SIZE 2048',
      ),
    ),
  );
  const dataset = await inspectDataset(paths, { label: null, groupBy: null, partitionBy: null });
  const bound = bind({ inputs: [input('x', 'float32', 1)] }, manifestOf(number('v')), {}, dataset);
  const where = [{ column: 'v', op: 'GTE', value: 4990 }] as const;
  let next = 4990;
  for await (const batch of readBatches(dataset, { ...everything, where }, bound, { batchRows: 1000, threads: 4 })) {
    for (const index of batch.index) expect(index).toBe(next++);
  }
  expect(next).toBe(dataset.rowCount);
  expect(await countRows(dataset, { ...everything, where })).toBe(dataset.rowCount - 4990);
});

test('the size of batches changes nothing but the cuts', async () => {
  const dataset = await datasetOf(
    `SELECT CASE WHEN i % 97 = 5 THEN NULL ELSE i / 7 END AS x, [i, i % 5] AS ids, i % 2 AS y FROM range(5000) t(i)`,
    'y',
  );
  const asked: Asked = {
    dataset,
    inputs: [input('x', 'float32', 1), input('ids', 'int64', 3)],
    features: [
      number('x'),
      { kind: 'SEQUENCE', name: 'ids', column: 'ids', input: 'ids', index: 0, length: 3, padding: 1 },
    ],
    selection: { invalid: 'SKIP' },
  };
  const whole = await read({ ...asked, batchRows: 10_000 });
  expect(whole.skipped).toBe(52);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6000 }), async (batchRows) => {
      const cut = await read({ ...asked, batchRows });
      expect(cut.batches.slice(0, -1).every(({ rowCount }) => rowCount === batchRows)).toBe(true);
      for (const name of ['x', 'ids']) expect(cut.flat(name)).toEqual(whole.flat(name));
      for (const part of ['index', 'label', 'labelled', 'skipped'] as const) expect(cut[part]).toEqual(whole[part]);
    }),
    { numRuns: 10 },
  );
});

test('a file that was changed after registration is rejected by its name', async () => {
  const dataset = await datasetOf('SELECT 1 AS v');
  await utimes(dataset.files[0]?.path as string, 1, 1);
  await expect(read({ dataset, inputs: [input('x', 'float32', 1)], features: [number('v')] })).rejects.toMatchObject({
    code: 'DATASET_REJECTED',
    message: expect.stringMatching(/^The file rows\.parquet was changed/),
  });
});

test('a file that changes while it is read is rejected in the end', async () => {
  const dataset = await datasetOf('SELECT i AS v FROM range(10) t(i)');
  const bound = bind({ inputs: [input('x', 'float32', 1)] }, manifestOf(number('v')), {}, dataset);
  const reading = async () => {
    for await (const _ of readBatches(dataset, everything, bound, { batchRows: 4, threads: 1 })) {
      await utimes(dataset.files[0]?.path as string, 1, 1);
    }
  };
  await expect(reading()).rejects.toMatchObject({ code: 'DATASET_REJECTED' });
});

test('whoever stops early leaves nothing open', async () => {
  const dataset = await datasetOf('SELECT i AS v FROM range(100000) t(i)');
  const bound = bind({ inputs: [input('x', 'float32', 1)] }, manifestOf(number('v')), {}, dataset);
  for await (const batch of readBatches(dataset, everything, bound, { batchRows: 10, threads: 2 })) {
    expect(batch.rowCount).toBe(10);
    break;
  }
});

test('a column with SQL for a name is only a column', async () => {
  const name = `x" FROM range(9); SELECT '1' AS "x`;
  const { flat } = await read({
    dataset: await datasetOf(`SELECT 4 AS "${name.replaceAll('"', '""')}"`),
    inputs: [input('x', 'float32', 1)],
    features: [number(name)],
  });
  expect(flat('x')).toEqual([4]);
});

test('lengths go where the model takes them, in the same input or another', async () => {
  const history = { kind: 'SEQUENCE', column: 'history', index: 0, length: 3, padding: 0 } as const;
  const { flat } = await read({
    dataset: await datasetOf(`SELECT unnest([[1, 2], NULL, [], [3, 4, 5]]) AS history`),
    inputs: [input('x', 'float32', 4), input('y', 'int64', 3), input('n', 'int32')],
    features: [
      { ...history, name: 'a', input: 'x', lengthInput: 'x', lengthIndex: 3 },
      { ...history, name: 'b', input: 'y', lengthInput: 'n', lengthIndex: 0 },
    ],
  });
  expect(flat('x')).toEqual([1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 5, 3]);
  expect(flat('n')).toEqual([2, 0, 0, 3]);
});

test('hashed texts and numbers become buckets, nulls the missing id', async () => {
  const { flat } = await read({
    dataset: await datasetOf(`SELECT unnest(['Hello', NULL, 'user 123']) AS word, unnest([42, 42, -7]) AS number`),
    inputs: [input('ids', 'int64', 2)],
    features: ['word', 'number'].map((name, index) => {
      const hash = { function: 'farmhash64' as const, buckets: 1000 };
      return { kind: 'CATEGORICAL', name, column: name, input: 'ids', index, hash, offset: 1, missing: 0 };
    }),
  });
  const { texts, buckets } = JSON.parse(
    readFileSync(new URL('../../fixtures/hash/expected.json', import.meta.url), 'utf8'),
  ) as { texts: string[]; buckets: Record<string, number[]> };
  const idOf = (text: string) => (buckets['1000']?.[texts.indexOf(text)] as number) + 1;
  expect(flat('ids')).toEqual([idOf('Hello'), idOf('42'), 0, idOf('42'), idOf('user 123'), idOf('-7')]);
});

test.each([false, true])(
  'bags are the ids of all rows and where each row begins (with the last end: %s)',
  async (last) => {
    const { batches, index, skipped } = await read({
      dataset: await datasetOf(`SELECT unnest([[1, 2], NULL, [3], [77], [], [4, 5, 6]]) AS tags`),
      inputs: [input('ids', 'int64'), input('offsets', 'int64')],
      features: [
        {
          kind: 'SEQUENCE',
          name: 'tags',
          column: 'tags',
          input: 'ids',
          index: 0,
          length: 1,
          padding: 0,
          offsetsInput: 'offsets',
          includeLastOffset: last,
        },
      ],
      cardinality: { tags: 10 },
      selection: { invalid: 'SKIP' },
      batchRows: 3,
    });
    const numbers = (batch: Batch | undefined, name: string) => Array.from(batch?.inputs[name]?.data ?? [], Number);
    expect([index, skipped]).toEqual([[0, 1, 2, 4, 5], 1]);
    expect(batches.map((batch) => numbers(batch, 'ids'))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const ends = (...offsets: number[]) => (last ? offsets : offsets.slice(0, -1));
    expect(batches.map((batch) => numbers(batch, 'offsets'))).toEqual([ends(0, 2, 2, 3), ends(0, 0, 3)]);
    const part = partOf(batches[0] as Batch, 1, 3);
    expect([numbers(part, 'ids'), numbers(part, 'offsets')]).toEqual([[3], ends(0, 0, 1)]);
  },
);
