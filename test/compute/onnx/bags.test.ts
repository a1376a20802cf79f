import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import * as p from '../../../src/compute/program.ts';
import { float32, int64, type Tensor } from '../../../src/compute/tensor.ts';
import { opened, run, valuesOf } from './models.ts';

interface Expected {
  inputs: { ids: number[]; offsets: number[]; weights?: number[] };
  y: number[];
  gradient: number[];
}

const folder = join(import.meta.dirname, '../../fixtures/bags');
const all = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>;

async function computed(name: string, wrt: string) {
  const expected = all[name];
  if (expected === undefined) throw new Error(`there is no ${name}`);
  const { ids, offsets, weights } = expected.inputs;
  const inputs: Record<string, Tensor> = { ids: int64([ids.length], ids), offsets: int64([offsets.length], offsets) };
  if (weights !== undefined) inputs.weights = float32([weights.length], weights);
  const model = await opened(join(folder, `${name}.onnx`));
  const outputs = { y: p.tensor('y'), gradient: p.gradient(p.tensor('y'), p.tensor(wrt)) };
  const { y, gradient } = await run(model, { outputs }, inputs);
  return { expected, y, gradient };
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

describe('EmbeddingBag, which is exported as a Loop', () => {
  test.each(['sum', 'sum-last', 'sum-weighted', 'sum-dynamo', 'mean', 'mean-dynamo'])(
    '%s: PyTorch’s output and gradient',
    async (name) => {
      const { expected, y, gradient } = await computed(name, 'bag.weight');
      expect(valuesOf(y)).toEqual(near(expected.y));
      expect(gradient?.dims).toEqual([10, 3]);
      expect(valuesOf(gradient)).toEqual(near(expected.gradient));
    },
  );

  test('gives its rows a gradient each: they are a tensor of the model', async () => {
    const model = await opened(join(folder, 'sum.onnx'));
    const rows = model.graph.tensors.find(({ name, shape }) => name.endsWith('/rows') && shape[1] === 3);
    const { gradient, expected } = await computed('sum', rows?.name ?? '');
    expect(gradient?.dims).toEqual([expected.inputs.ids.length, 3]);
    // Ids 3 and 3 are in one bag: their rows have the same gradient, and the table's row 3 has both.
    const values = valuesOf(gradient);
    expect(values.slice(6, 9)).toEqual(near(values.slice(9, 12)));
    expect(values.slice(6, 9).map((value) => 2 * value)).toEqual(near(expected.gradient.slice(9, 12)));
  });

  test('of an opset that cannot add at places stays one, and says so', async () => {
    const old = fromBinary(ModelProtoSchema, readFileSync(join(folder, 'sum.onnx')));
    for (const one of old.opsetImport) if (one.domain === '') one.version = 14n;
    const { graph } = await opened(old);
    const loop = graph.capabilities?.strays.find(({ operator }) => operator === 'Loop');
    expect(loop).toMatchObject({ input: 'ids' });
    expect(loop?.reason).toMatch(/EmbeddingBag.* has opset 14; export it with opset 16/);
  });

  test('of the largest of each bag stays a Loop, which has no gradient', async () => {
    const refusal = { code: 'UNSUPPORTED_OPERATOR', details: { operator: 'Loop' } };
    await expect(computed('max', 'bag.weight')).rejects.toMatchObject(refusal);
  });
});
