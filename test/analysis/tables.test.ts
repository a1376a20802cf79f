import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { FrequencyBucket } from '../../src/analysis/tables/frequency.ts';
import type { NearestResult } from '../../src/analysis/tables/nearest.ts';
import { informationAbundance, type SpectrumResult, tableRank } from '../../src/analysis/tables/spectrum.ts';
import { ModelProtoSchema, TensorProto_DataType } from '../../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto } from '../../src/compute/onnx/tensors.ts';
import { float32 } from '../../src/compute/tensor.ts';
import { type ModelText, modelOf } from '../compute/onnx/models.ts';
import { temporaryFolder, writeParquet } from '../data/parquet.ts';
import { answersOf, tableAnswersOf } from '../support/pass.ts';

/** (3, 0), (0, 4), (6, 0), (0, 0): singular values √45 and 4. */
const entries = [3, 0, 0, 4, 6, 0, 0, 0];
const abundance = 1 + 4 / Math.sqrt(45);
const rank = (45 + 16) ** 2 / (45 ** 2 + 16 ** 2);

type Stored = ReturnType<typeof toTensorProto>;
type Nodes = ModelText['nodes'];

const lookup: Nodes = [['Gather', 'stored id', 'carrier']];

/** An embedding of two dimensions: `nodes` look `id` up in what they make of the weights. */
async function netOf(stored: readonly Stored[], nodes: Nodes = lookup, ids = ['id']): Promise<string> {
  const model = modelOf({
    inputs: Object.fromEntries(ids.map((id) => [id, ['int64', [null]]])),
    weights: { w: float32([2, 1], Float32Array.of(1, 1)) },
    nodes: [...nodes, ['MatMul', 'carrier w', 'logit'], ['Sigmoid', 'logit', 'score']],
    outputs: 'score',
  });
  model.graph?.initializer.push(...stored);
  const path = join(await temporaryFolder(), 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, model));
  return path;
}

const tableOf = (values: readonly number[]): Stored =>
  toTensorProto('stored', float32([4, 2], Float32Array.from(values)));

/** `bits`: of 3, 4 and 6. */
function halved(dataType: TensorProto_DataType, bits: Readonly<Record<number, number>>): Stored[] {
  const words = Uint16Array.from(entries, (value) => bits[value] ?? 0);
  return [{ ...tableOf(entries), dataType, rawData: new Uint8Array(words.buffer) }];
}
const float16 = halved(TensorProto_DataType.FLOAT16, { 3: 0x4200, 4: 0x4400, 6: 0x4600 });
const bfloat16 = halved(TensorProto_DataType.BFLOAT16, { 3: 0x4040, 4: 0x4080, 6: 0x40c0 });
const cast: Nodes = [
  ['Cast', 'stored', 'cast', { to: 1 }],
  ['Gather', 'cast id', 'carrier'],
];

const bytes = (
  name: string,
  dims: number[],
  values: readonly number[],
  dataType = TensorProto_DataType.INT8,
): Stored => ({
  ...toTensorProto(name, { dtype: 'bool', dims, data: Uint8Array.from(values) }),
  dataType,
});
/** How the entries are told by whole numbers: (q − zero) · scale. */
const steps = (dims: number[], scales: readonly number[], zeros: readonly number[]): Stored[] => [
  toTensorProto('scale', float32(dims, Float32Array.from(scales))),
  bytes('zero', dims, zeros),
];
const oneStep = [bytes('stored', [4, 2], [7, 1, 1, 9, 13, 1, 1, 1]), ...steps([], [0.5], [1])];
const stepsOfEntries = [
  bytes('stored', [4, 2], [7, 1, -2, 14, 9, 3, 4, 4]),
  ...steps([4], [0.5, 0.25, 1, 1], [1, -2, 3, 4]),
];
const stepsOfElements = [
  bytes('stored', [4, 2], [6, 0, 0, 160, 12, 0, 0, 0], TensorProto_DataType.UINT8),
  ...steps([2], [0.5, 0.025], []).slice(0, 1),
];
const dequantized = (axis: number, inputs = 'stored scale zero'): Nodes => [
  ['DequantizeLinear', inputs, 'table', { axis }],
  ['Gather', 'table id', 'carrier'],
];
/** As quantizers write it: what is looked up is dequantized. */
const lookedUp = (id = 'id', carrier = 'carrier'): Nodes => [
  ['Gather', `stored ${id}`, `${carrier} of bytes`.replaceAll(' ', '_')],
  ['DequantizeLinear', `${carrier}_of_bytes scale zero`, carrier],
];

test.each<[string, table: string, Stored[], Nodes]>([
  ['of float32', 'stored', [tableOf(entries)], lookup],
  ['of float16, behind a Cast', 'cast', float16, cast],
  ['of bfloat16, behind a Cast', 'cast', bfloat16, cast],
  [
    'behind an Identity, which is gone then',
    'stored',
    [tableOf(entries)],
    [
      ['Identity', 'stored', 'same'],
      ['Gather', 'same id', 'carrier'],
    ],
  ],
  ['of int8 with one step, dequantized as a whole', 'table', oneStep, dequantized(1)],
  ['of int8 with a step for each entry', 'table', stepsOfEntries, dequantized(0)],
  [
    'of uint8 with a step for each element, without zero points',
    'table',
    stepsOfElements,
    dequantized(1, 'stored scale'),
  ],
  ['of int8, of which what is looked up is dequantized', 'stored', oneStep, lookedUp()],
])('a table %s', async (_, table, stored, nodes) => {
  const model = await netOf(stored, nodes);
  const [spectrum, nearest] = (await tableAnswersOf({ model }, [
    { name: 'tableSpectrum', spec: { table } },
    { name: 'nearest', spec: { table, id: 0 } as never },
  ])) as [SpectrumResult, NearestResult];
  expect(informationAbundance(spectrum)).toBeCloseTo(abundance, 6);
  expect(tableRank(spectrum)).toBeCloseTo(rank, 6);
  expect([...nearest.id]).toEqual([2, 1]);
  expect([...nearest.cosine]).toEqual([1, 0]);
});

describe.each<[string, Stored[], (id: string, carrier: string) => Nodes]>([
  ['float32', [tableOf(entries)], (id, carrier) => [['Gather', `stored ${id}`, carrier]]],
  ['int8', oneStep, lookedUp],
])('a table of %s that two features share', (_, stored, looked) => {
  const sum: Nodes = [...looked('a', 'of_a'), ...looked('b', 'of_b'), ['Add', 'of_a of_b', 'carrier']];

  test('counts what either looks up, and carries both', async () => {
    const model = await netOf(stored, sum, ['a', 'b']);
    const feature = (name: string) => ({ name, kind: 'CATEGORICAL', column: name, input: name });
    const toy = {
      model,
      manifest: { score: { output: 'score' }, features: [feature('a'), feature('b')] },
      rows: await writeParquet(
        join(dirname(model), 'ids.parquet'),
        'SELECT * FROM (VALUES (0, 0), (1, 0), (2, 1)) AS rows(a, b)',
      ),
    };
    const [buckets, saliency] = (await answersOf(toy, [
      { name: 'normByFrequency', spec: { table: 'stored' } },
      { name: 'attribution', spec: { method: 'SALIENCY', target: { space: 'LOGIT' } } },
    ])) as [FrequencyBucket[], { score: Float64Array }];
    expect(buckets).toEqual([
      { minimum: 0, maximum: 0, entryCount: 1, meanNorm: 0 },
      { minimum: 1, maximum: 1, entryCount: 1, meanNorm: 6 },
      { minimum: 2, maximum: null, entryCount: 2, meanNorm: 3.5 },
    ]);
    // Of both features: the logit is the sum of the elements of both entries.
    expect([...saliency.score]).toEqual([Math.fround(Math.SQRT2), Math.fround(Math.SQRT2)]);
  });
});

test('a table whose entries cannot be told is refused by name', async () => {
  const wrong = [bytes('stored', [4, 2], new Array(8).fill(0)), ...steps([4], [1, 1, 1, 1], [0, 0, 0, 0])];
  const table = { name: 'tableNorms', spec: { table: 'stored' } };
  await expect(tableAnswersOf({ model: await netOf(wrong, lookedUp()) }, [table])).rejects.toThrow(
    /“stored” has 4 steps/,
  );
});

test('a table of zeros has neither abundance nor rank', async () => {
  const model = await netOf([tableOf(new Array(8).fill(0))]);
  const [spectrum] = (await tableAnswersOf({ model }, [{ name: 'tableSpectrum', spec: { table: 'stored' } }])) as [
    SpectrumResult,
  ];
  expect(informationAbundance(spectrum)).toBeNaN();
  expect(tableRank(spectrum)).toBeNaN();
});
