import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import type { NearestResult } from '../../src/analysis/tables/nearest.ts';
import { informationAbundance, type SpectrumResult, tableRank } from '../../src/analysis/tables/spectrum.ts';
import { ModelProtoSchema } from '../../src/compute/onnx/proto/onnx_pb.js';
import { float32, type Tensor } from '../../src/compute/tensor.ts';
import { type ModelText, modelOf } from '../compute/onnx/models.ts';
import { temporaryFolder } from '../data/parquet.ts';
import { tableAnswersOf } from '../support/pass.ts';

/** (3, 0), (0, 4), (6, 0), (0, 0): singular values √45 and 4. */
const entries = [3, 0, 0, 4, 6, 0, 0, 0];
const abundance = 1 + 4 / Math.sqrt(45);
const rank = (45 + 16) ** 2 / (45 ** 2 + 16 ** 2);

/** An embedding of two dimensions, looked up in `looked`, which `nodes` make of the weight `stored`. */
async function netOf(stored: Tensor, looked: string, nodes: ModelText['nodes']): Promise<string> {
  const model = modelOf({
    inputs: { id: ['int64', [null]] },
    weights: { stored, w: float32([2, 1], Float32Array.of(1, 1)) },
    nodes: [
      ...nodes,
      ['Gather', `${looked} id`, 'carrier'],
      ['MatMul', 'carrier w', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
  const path = join(await temporaryFolder(), 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, model));
  return path;
}

const whole = float32([4, 2], Float32Array.from(entries));
/** Bits of 3, 4 and 6. */
const halves = { 0: 0, 3: 0x4200, 4: 0x4400, 6: 0x4600 } as Record<number, number>;
const brains = { 0: 0, 3: 0x4040, 4: 0x4080, 6: 0x40c0 } as Record<number, number>;
const bits = (dtype: 'float16' | 'bfloat16', of: Record<number, number>): Tensor => ({
  dtype,
  dims: [4, 2],
  data: Uint16Array.from(entries, (value) => of[value] as number),
});

test.each<[string, Tensor, string, ModelText['nodes']]>([
  ['of float32', whole, 'stored', []],
  ['of float16, behind a Cast', bits('float16', halves), 'cast', [['Cast', 'stored', 'cast', { to: 1 }]]],
  ['of bfloat16, behind a Cast', bits('bfloat16', brains), 'cast', [['Cast', 'stored', 'cast', { to: 1 }]]],
  ['behind an Identity, which is gone once it is registered', whole, 'stored', [['Identity', 'stored', 'same']]],
])('a table %s', async (_, stored, table, nodes) => {
  const model = await netOf(stored, nodes[0]?.[2] ?? table, nodes);
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
  const model = await netOf(float32([4, 2], new Float32Array(8)), 'stored', []);
  const [spectrum] = (await tableAnswersOf({ model }, [{ name: 'tableSpectrum', spec: { table: 'stored' } }])) as [
    SpectrumResult,
  ];
  expect(informationAbundance(spectrum)).toBeNaN();
  expect(tableRank(spectrum)).toBeNaN();
});
