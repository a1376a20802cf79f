import { float32, type Tensor } from '../../src/compute/tensor.ts';
import type { ModelText } from '../compute/onnx/models.ts';

/** Small nets of the numbers x0 … x3, with and without rows that see each other. Weights are drawn from a seed. */
export const features = [0, 1, 2, 3].map((index) => ({
  name: `x${index}`,
  kind: 'NUMERIC',
  column: `x${index}`,
  input: 'x',
  index,
}));
export const manifest = { score: { output: 'score', space: 'PROBABILITY' }, features };

/** Of the hidden layer h, [n, 6], to `mixed`, of its shape. */
type Part = { nodes: ModelText['nodes']; weights?: (numbers: Numbers) => Record<string, Tensor> };
type Numbers = (count: number) => number[];

const int8 = (dims: number[], values: number[]): Tensor =>
  ({
    dtype: 'int8',
    dims,
    data: new Uint8Array(Int8Array.from(values, (value) => Math.round(60 * value)).buffer),
  }) as never;

export const parts: Record<'apart' | 'together', Record<string, Part>> = {
  apart: {
    'a second layer': {
      nodes: [['MatMul', 'h u', 'mixed']],
      weights: (numbers) => ({ u: float32([6, 6], numbers(36)) }),
    },
    'a softmax of its own': { nodes: [['Softmax', 'h', 'mixed', { axis: 1 }]] },
    'a layer norm': {
      nodes: [['LayerNormalization', 'h scale shift', 'mixed']],
      weights: (numbers) => ({ scale: float32([6], numbers(6)), shift: float32([6], numbers(6)) }),
    },
  },
  together: {
    'dynamic quantisation': {
      nodes: [
        ['DynamicQuantizeLinear', 'h', 'q s z'],
        ['MatMulInteger', 'q u z', 'i'],
        ['Cast', 'i', 'f', { to: 1 }],
        ['Mul', 'f s', 'g'],
        ['Mul', 'g us', 'mixed'],
      ],
      weights: (numbers) => ({ u: int8([6, 6], numbers(36)), us: float32([], [1 / 60]) }),
    },
    'the mean of the batch': {
      nodes: [
        ['ReduceMean', 'h', 'mean', { axes: [0] }],
        ['Mul', 'mean half', 'part'],
        ['Add', 'h part', 'mixed'],
      ],
      weights: () => ({ half: float32([], [0.5]) }),
    },
    'attention over rows': {
      nodes: [
        ['Transpose', 'h', 'keys', { perm: [1, 0] }],
        ['MatMul', 'h keys', 'match'],
        ['Softmax', 'match', 'attention', { axis: 1 }],
        ['MatMul', 'attention h', 'mixed'],
      ],
    },
  },
};

export function netOf({ nodes, weights = () => ({}) }: Part, seed: number): ModelText {
  const numbers = numbersFrom(seed);
  return {
    opset: 17,
    inputs: { x: ['float32', [null, 4]] },
    weights: { w: float32([4, 6], numbers(24)), v: float32([6, 1], numbers(6)), ...weights(numbers) },
    nodes: [
      ['MatMul', 'x w', 'pre'],
      ['Tanh', 'pre', 'h'],
      ...nodes,
      ['MatMul', 'mixed v', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  };
}

/** Between −1 and 1 (a linear congruential generator). */
export function numbersFrom(seed: number): Numbers {
  let state = seed + 1;
  return (count) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
}

/** The last is an outlier. */
export function rowsFrom(seed: number, count: number): Record<string, number>[] {
  const numbers = numbersFrom(seed);
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      numbers(4).map((value, at) => [`x${at}`, Math.fround(row === count - 1 ? 40 * value : 2 * value)]),
    ),
  );
}
