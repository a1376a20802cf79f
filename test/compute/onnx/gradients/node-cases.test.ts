import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ruleOf } from '../../../../src/compute/onnx/gradients/rules/index.ts';
import { NodeProtoSchema } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import type { Tensor } from '../../../../src/compute/tensor.ts';
import { expectExact, type Trial } from './trial.ts';

/** One of ONNX's own node tests: test/fixtures/generate/node_cases.py collects them. */
interface Case {
  name: string;
  opset: number;
  node: string;
  inputs: ({ dtype: keyof typeof arrays; dims: number[]; data: string } | null)[];
}

const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array };
const path = join(import.meta.dirname, '../../../fixtures/node-cases.json');
const cases = JSON.parse(readFileSync(path, 'utf8')) as Case[];
const nodeOf = ({ node }: Case) => fromBinary(NodeProtoSchema, Buffer.from(node, 'base64'));

/** onnxruntime computes them in float32 only, some of them behind a float64 face. */
const inSingle = new Set(
  (
    'Acos Acosh Asin Asinh Atan Atanh Cosh Sinh Tan Celu Elu Gelu HardSigmoid HardSwish Selu Softplus Softsign ' +
    'ThresholdedRelu Shrink Mean OneHot Conv ConvTranspose AveragePool LpPool MaxUnpool GlobalAveragePool ' +
    'GlobalMaxPool Hardmax GroupNormalization InstanceNormalization MeanVarianceNormalization GRU LSTM RNN'
  ).split(' '),
);

/** Cases for which onnxruntime gives NaN in float64. */
const emptyHistories = /^attention_.*(fullymasked|nan_robustness)/;

/** Cases that cannot be compared, and why. */
const exceptions: readonly [pattern: RegExp, why: string][] = [
  [
    /^(acos|asin|atanh|acosh_example|sqrt|batchnorm_example|tan)$/,
    'at the edge of the domain, or steeper than differences can see',
  ],
  [
    /^(attention_bidirectional_window|mod_float.*fmod_0|.*batchwise|split_equal_parts.*opset13)/,
    'onnxruntime refuses the model',
  ],
  [/^(hardmax_axis_0|globalmaxpool)$/, 'it has a step or a kink closer than the steps of float32'],
  [/^bernoulli/, 'random'],
];

/** Cases of operators with a rule that says no, and what it says. */
const refused: readonly [pattern: RegExp, message: RegExp][] = [
  [/^attention_4d_causal_nonpad/, /lengths without padding/],
  [/^batchnorm_.*training_mode$/, /training mode/],
  [/^training_dropout/, /training mode/],
  [/^convtranspose_(autopad_same|kernel_shape|output_shape)$/, /follows from the size of its output/],
  [/^scatter.*(max|min|mul)/, /its reduction is/],
];

const matching = <T>(list: readonly [RegExp, T][], name: string): T | undefined =>
  list.find(([pattern]) => pattern.test(name))?.[1];
const comparable = cases.filter(({ name }) => matching(exceptions, name) === undefined);
const withRule = comparable.filter((each) => ruleOf(nodeOf(each)) !== undefined);
const differentiable = withRule.filter(({ name }) => matching(refused, name) === undefined);

describe('ONNX’s node tests', () => {
  test.each(differentiable.map((each): [string, Case] => [each.name, each]))('%s', async (_, each) => {
    await expectExact(trialOf(each));
  });

  test('are many', () => {
    expect(differentiable.length).toBeGreaterThan(400);
    expect(new Set(differentiable.map((each) => nodeOf(each).opType)).size).toBeGreaterThan(100);
  });
});

describe('ONNX’s node tests without gradient', () => {
  const refusals = withRule.filter((each) => !differentiable.includes(each));
  test.each(refusals.map((each): [string, Case] => [each.name, each]))('%s says why', async (name, each) => {
    await expect(expectExact(trialOf(each))).rejects.toThrow(matching(refused, name));
  });

  test('are of operators that nobody has written a rule for', () => {
    const without = cases.filter((each) => ruleOf(nodeOf(each)) === undefined).map((each) => nodeOf(each).opType);
    expect([...new Set(without)].toSorted()).toEqual(
      (
        'AffineGrid Col2Im DFT DeformConv Det GridSample MelWeightMatrix NegativeLogLikelihoodLoss OptionalGetElement ' +
        'Range Resize RoiAlign RotaryEmbedding STFT SoftmaxCrossEntropyLoss TensorScatter Unique'
      ).split(' '),
    );
  });
});

function trialOf(each: Case): Trial {
  const { opType, attribute, output } = nodeOf(each);
  const single = inSingle.has(opType) || emptyHistories.test(each.name);
  return {
    operator: opType,
    opset: each.opset,
    single,
    order: single ? 1 : 2,
    attributes: Object.fromEntries(attribute.map((one) => [one.name, one])),
    outputCount: output.length,
    inputs: each.inputs.map((input) => {
      if (input === null) return null;
      const { buffer } = new Uint8Array(Buffer.from(input.data, 'base64'));
      const tensor: Tensor = { dtype: input.dtype, dims: input.dims, data: new arrays[input.dtype](buffer) };
      return input.dtype === 'float32' ? moved(tensor, single) : tensor;
    }),
  };
}

/** Not quite where the case is, which may be at a kink. */
function moved(tensor: Tensor, single: boolean): Tensor {
  const values = Array.from(tensor.data as Float32Array, (value, at) => value + Math.sin(1 + at * 1.7) / 30);
  return single
    ? { ...tensor, data: Float32Array.from(values) }
    : { ...tensor, dtype: 'float64', data: Float64Array.from(values) };
}
