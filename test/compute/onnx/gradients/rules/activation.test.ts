import { describe, test } from 'vitest';
import { float64, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const x = some([2, 8], 3);
const float = (value: number) => ({ float: value });

describe('the gradient of', () => {
  test.each([
    trial('Relu', [x]),
    trial('Relu', [x], { opset: 7 }),
    trial('LeakyRelu', [x], { attributes: { alpha: float(0.25) }, single: true }),
    trial('PRelu', [x, some([8])]),
    trial('ThresholdedRelu', [x], { attributes: { alpha: float(0.5) }, single: true }),
    trial('Shrink', [x], { attributes: { lambd: float(0.5), bias: float(0.25) }, single: true }),
    trial('Clip', [x, float64([], [-1]), float64([], [2])]),
    trial('Clip', [x, null, float64([], [0.5])]),
    trial('Clip', [x], { opset: 8, attributes: { min: float(-1), max: float(2) }, single: true }),
    trial('Elu', [x], { attributes: { alpha: float(0.5) } }),
    trial('Celu', [x], { attributes: { alpha: float(0.5) }, single: true }),
    trial('Selu', [x], { single: true }),
    trial('Sigmoid', [x]),
    trial('HardSigmoid', [x], { single: true }),
    trial('HardSwish', [x]),
    trial('Softplus', [x]),
    trial('Softsign', [x], { single: true }),
    trial('Gelu', [x], { opset: 20, single: true }),
    trial('Gelu', [x], { opset: 20, attributes: { approximate: 'tanh' }, single: true }),
    trial('Mish', [x]),
    trial('Swish', [x], { opset: 24 }),
    trial('Softmax', [x]),
    trial('Softmax', [some([2, 3, 4])], { attributes: { axis: 1 } }),
    trial('Softmax', [some([2, 3, 4])], { opset: 11, attributes: { axis: 1 } }),
    trial('Softmax', [some([2, 3, 4])], { opset: 11 }),
    trial('LogSoftmax', [x], { attributes: { axis: 0 } }),
    trial('LogSoftmax', [some([2, 3, 4])], { opset: 11 }),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));
});

/** A polynomial of second degree around x, of which differences are exact. */
describe('in a model of float64, numbers that the node does not give are those of float32, to the last digits', () => {
  test.each([
    trial('Selu', [float64([2], [1, 2])]),
    trial('LeakyRelu', [float64([2], [-1, -2])]),
    trial('HardSwish', [float64([3], [-1, 1, 2])]),
    trial('HardSigmoid', [float64([2], [-1, 1])]),
  ])('%s', async (_, given) => await expectExact({ ...given, tolerance: 1e-10 }));
});
