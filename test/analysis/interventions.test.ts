import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Draw } from '../../src/analysis/attributions/random.ts';
import type { Intervention } from '../../src/analysis/interventions/intervention.ts';
import { float32, int64 } from '../../src/compute/tensor.ts';
import type { ScoreSource } from '../../src/data/scores/file.ts';
import { modelOf, temporaryFolder, written } from '../compute/onnx/models.ts';
import { writeParquet } from '../data/parquet.ts';
import { writeGraphModel } from '../support/graph-model.ts';
import { answersOf } from '../support/pass.ts';

/** logit = 3 h₀ − 2 h₁ + 10 city, h = relu(a + 2 b, b − a), of the rows [a, b, city]. */
const rows = [
  [1, 2, 0],
  [-1, 1, 1],
  [3, 0, 2],
  [2, 2, 1],
] as const;
const hidden = ([a, b]: readonly [number, number, number]): [number, number] => [
  Math.max(0, a + 2 * b),
  Math.max(0, b - a),
];
const logitOf = ([first, second]: readonly [number, number], city: number): number =>
  3 * first - 2 * second + 10 * city;
const logits = rows.map((row) => logitOf(hidden(row), row[2]));

const numeric = (name: string, index: number) => ({ name, kind: 'NUMERIC', column: name, input: 'x', index });
const manifest = {
  score: { output: 'logit', index: 0, space: 'LOGIT' },
  features: [
    { ...numeric('a', 0), missing: 7, group: 'numbers' },
    { ...numeric('b', 1), transform: [{ clip: { low: -100, high: 8 } }], group: 'numbers' },
    { name: 'city', kind: 'CATEGORICAL', column: 'city', input: 'city', index: 0 },
  ],
};

const asOnnx = (): Promise<string> =>
  written(
    modelOf({
      inputs: { x: ['float32', [null, 2]], city: ['int64', [null]] },
      weights: {
        first: float32([2, 2], [1, -1, 2, 1]),
        second: float32([2, 1], [3, -2]),
        table: float32([3, 1], [0, 10, 20]),
        ones: int64([1], [1]),
      },
      nodes: [
        ['MatMul', 'x first', 'before'],
        ['Relu', 'before', 'hidden'],
        ['MatMul', 'hidden second', 'seen'],
        ['Gather', 'table city', 'entry'],
        ['Add', 'seen entry', 'logit'],
      ],
      outputs: 'logit',
    }),
  );

async function asTfjs(): Promise<string> {
  const T = { T: { type: 'DT_FLOAT' } };
  const placeholder = (name: string, dtype: string, ...dims: number[]) => ({
    name,
    op: 'Placeholder',
    attr: { dtype: { type: dtype }, shape: { shape: { dim: [-1, ...dims].map((dim) => ({ size: String(dim) })) } } },
  });
  const folder = join(await temporaryFolder(), 'model');
  await writeGraphModel(
    folder,
    [
      ['first', 'float32', [2, 2], [1, -1, 2, 1]],
      ['second', 'float32', [2, 1], [3, -2]],
      ['table', 'float32', [3, 1], [0, 10, 20]],
      ['zero', 'int32', [], [0]],
    ],
    [
      placeholder('x', 'DT_FLOAT', 2),
      placeholder('city', 'DT_INT32'),
      { name: 'before', op: 'MatMul', input: ['x', 'first'], attr: T },
      { name: 'hidden', op: 'Relu', input: ['before'], attr: T },
      { name: 'seen', op: 'MatMul', input: ['hidden', 'second'], attr: T },
      { name: 'entry', op: 'GatherV2', input: ['table', 'city', 'zero'], attr: { batch_dims: { i: '0' } } },
      { name: 'logit', op: 'AddV2', input: ['seen', 'entry'], attr: T },
    ],
    ['logit'],
  );
  return folder;
}

/** Row `at` takes the values of the row so many places further that a shuffle, by its position among them, draws. */
const lender = (shuffle: number, at: number): (typeof rows)[number] => {
  const distance = 1 + Math.floor(new Draw(0, 0, shuffle).uniform(0) * (rows.length - 1));
  return rows[(at + distance) % rows.length] as (typeof rows)[number];
};

const units = (of: {
  readonly mode: 'SET' | 'MEAN' | 'SCALE' | 'SHUFFLE';
  readonly units?: readonly number[];
  readonly value?: number;
}) => ({ of: 'UNITS', layer: 'hidden', ...of }) as Intervention;
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each([
  ['ONNX', asOnnx],
  ['TensorFlow.js', asTfjs],
])('%s', (_, write) => {
  async function ask(questions: Parameters<typeof answersOf>[1], parts: Record<string, unknown> = {}) {
    const file = join(await temporaryFolder(), 'rows.parquet');
    const values = rows.map((row) => `(${row.join(', ')})`).join(', ');
    await writeParquet(
      file,
      `SELECT CAST(a AS DOUBLE) AS a, CAST(b AS DOUBLE) AS b, city FROM (VALUES ${values}) AS t(a, b, city)`,
    );
    return answersOf({ model: await write(), manifest, rows: file }, questions, parts);
  }

  /** The logits of the rows, in which these hold. */
  async function scored(interventions: readonly Intervention[] | undefined, ...means: unknown[]): Promise<number[]> {
    const parts = Object.fromEntries(means.map((mean, at) => [`mean ${at}`, mean]));
    const spec = interventions === undefined ? {} : { interventions };
    const [scores] = (await ask([{ name: 'scores', spec, partKeys: Object.keys(parts) }], parts)) as [ScoreSource];
    const outputs: number[] = [];
    for await (const { output } of scores.stretches()) outputs.push(...output);
    return outputs;
  }

  test('as it is, its logits are these', async () => {
    expect(await scored(undefined)).toEqual(logits);
  });

  test('SET has a neuron give a value', async () => {
    const set = await scored([units({ mode: 'SET', units: [0], value: 1 })]);
    expect(set).toEqual(rows.map((row) => logitOf([1, hidden(row)[1]], row[2])));
  });

  test('a layer is all of its neurons', async () => {
    expect(await scored([units({ mode: 'SCALE', value: -2 })])).toEqual(
      rows.map((row) => logitOf(hidden(row).map((value) => -2 * value) as [number, number], row[2])),
    );
    expect(await scored([units({ mode: 'SCALE', value: 1 })])).toEqual(logits);
    expect(await scored([{ of: 'UNITS', layer: 'logit', mode: 'SET', value: 4 }])).toEqual([4, 4, 4, 4]);
  });

  test('MEAN is what the neuron gives over the rows', async () => {
    const [moments] = await ask([{ name: 'moments', spec: { layer: 'hidden' } }]);
    const mean = meanOf(rows.map((row) => hidden(row)[0]));
    expect(await scored([units({ mode: 'MEAN', units: [0] })], moments)).toEqual(
      rows.map((row) => logitOf([mean, hidden(row)[1]], row[2])),
    );
  });

  test('SHUFFLE takes what the model as it is gives on another row', async () => {
    const shuffled = rows.map((row, at) => logitOf([hidden(row)[0], hidden(lender(0, at))[1]], row[2]));
    expect(await scored([units({ mode: 'SHUFFLE', units: [1] })])).toEqual(shuffled);
    expect(shuffled).not.toEqual(logits);
    // The feature is set before the neuron reads it, and the neuron of the other row is as it was.
    expect(
      await scored([
        { of: 'FEATURE', feature: 0, mode: 'SET', row: { x: [5] } },
        units({ mode: 'SHUFFLE', units: [1] }),
        units({ mode: 'SCALE', units: [0], value: 2 }),
      ]),
    ).toEqual(rows.map(([, b, city], at) => logitOf([2 * hidden([5, b, city])[0], hidden(lender(0, at))[1]], city)));
  });

  test('every SHUFFLE takes from a row of its own, and what is named together moves together', async () => {
    const apart: Intervention[] = [
      { of: 'FEATURES', features: [0], mode: 'SHUFFLE' },
      { of: 'FEATURES', features: [1, 2], mode: 'SHUFFLE' },
      units({ mode: 'SHUFFLE', units: [0] }),
    ];
    expect(await scored(apart)).toEqual(
      rows.map((_, at) => {
        const [a, [, b, city]] = [lender(0, at)[0], lender(1, at)];
        return logitOf([hidden(lender(2, at))[0], hidden([a, b, city])[1]], city);
      }),
    );
  });

  test('features are set, scaled and averaged before their transforms', async () => {
    expect(await scored([{ of: 'FEATURE', feature: 1, column: 'b', mode: 'SCALE', value: 5 }])).toEqual(
      rows.map(([a, b, city]) => logitOf(hidden([a, Math.min(8, 5 * b), city]), city)),
    );
    expect(await scored([{ of: 'FEATURE', feature: 1, column: 'b', mode: 'MEAN' }], 1.25)).toEqual(
      rows.map(([a, , city]) => logitOf(hidden([a, 1.25, city]), city)),
    );
    expect(await scored([{ of: 'FEATURE', feature: 2, mode: 'SET', row: { city: [2] } }])).toEqual(
      rows.map((row) => logitOf(hidden(row), 2)),
    );
  });
});
