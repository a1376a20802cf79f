import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import type { NearestResult } from '../../src/analysis/tables/nearest.ts';
import { informationAbundance, type SpectrumResult, tableRank } from '../../src/analysis/tables/spectrum.ts';
import { ModelProtoSchema, TensorProto_DataType } from '../../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto } from '../../src/compute/onnx/tensors.ts';
import { float32 } from '../../src/compute/tensor.ts';
import { type ModelText, modelOf } from '../compute/onnx/models.ts';
import { temporaryFolder } from '../data/parquet.ts';
import { tableAnswersOf } from '../support/pass.ts';

/** (3, 0), (0, 4), (6, 0), (0, 0): singular values √45 and 4. */
const entries = [3, 0, 0, 4, 6, 0, 0, 0];
const abundance = 1 + 4 / Math.sqrt(45);
const rank = (45 + 16) ** 2 / (45 ** 2 + 16 ** 2);

type Stored = ReturnType<typeof toTensorProto>;

/** An embedding of two dimensions, looked up in `looked`, which `nodes` make of the weight `stored`. */
async function netOf(stored: Stored, looked = 'stored', nodes: ModelText['nodes'] = []): Promise<string> {
  const model = modelOf({
    inputs: { id: ['int64', [null]] },
    weights: { w: float32([2, 1], Float32Array.of(1, 1)) },
    nodes: [
      ...nodes,
      ['Gather', `${looked} id`, 'carrier'],
      ['MatMul', 'carrier w', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
  model.graph?.initializer.push(stored);
  const path = join(await temporaryFolder(), 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, model));
  return path;
}

const tableOf = (values: readonly number[]): Stored =>
  toTensorProto('stored', float32([4, 2], Float32Array.from(values)));

/** `bits`: of 3, 4 and 6. */
function halved(dataType: TensorProto_DataType, bits: Readonly<Record<number, number>>): Stored {
  const words = Uint16Array.from(entries, (value) => bits[value] ?? 0);
  return { ...tableOf(entries), dataType, rawData: new Uint8Array(words.buffer) };
}
const float16 = halved(TensorProto_DataType.FLOAT16, { 3: 0x4200, 4: 0x4400, 6: 0x4600 });
const bfloat16 = halved(TensorProto_DataType.BFLOAT16, { 3: 0x4040, 4: 0x4080, 6: 0x40c0 });

test.each<[string, table: string, Stored, looked: string, ModelText['nodes']]>([
  ['of float32', 'stored', tableOf(entries), 'stored', []],
  ['of float16, behind a Cast', 'cast', float16, 'cast', [['Cast', 'stored', 'cast', { to: 1 }]]],
  ['of bfloat16, behind a Cast', 'cast', bfloat16, 'cast', [['Cast', 'stored', 'cast', { to: 1 }]]],
  ['behind an Identity, which is gone then', 'stored', tableOf(entries), 'same', [['Identity', 'stored', 'same']]],
])('a table %s', async (_, table, stored, looked, nodes) => {
  const model = await netOf(stored, looked, nodes);
  const [spectrum, nearest] = (await tableAnswersOf({ model }, [
    { name: 'tableSpectrum', spec: { table } },
    { name: 'nearest', spec: { table, id: 0 } as never },
  ])) as [SpectrumResult, NearestResult];
  expect(informationAbundance(spectrum)).toBeCloseTo(abundance, 12);
  expect(tableRank(spectrum)).toBeCloseTo(rank, 12);
  expect([...nearest.id]).toEqual([2, 1]);
  expect([...nearest.cosine]).toEqual([1, 0]);
});

test('a table of zeros has neither abundance nor rank', async () => {
  const model = await netOf(tableOf(new Array(8).fill(0)));
  const [spectrum] = (await tableAnswersOf({ model }, [{ name: 'tableSpectrum', spec: { table: 'stored' } }])) as [
    SpectrumResult,
  ];
  expect(informationAbundance(spectrum)).toBeNaN();
  expect(tableRank(spectrum)).toBeNaN();
});
