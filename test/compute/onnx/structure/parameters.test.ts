import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { float32, int64, type Tensor } from '../../../../src/compute/tensor.ts';
import { type ModelText, modelOf, opened } from '../models.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../../../fixtures/quantized', name);

describe('as many parameters as the same net has in float32, whatever onnxruntime’s tools quantise', () => {
  const table = 5 * 3;
  const hidden = 7 * 6 + 6;

  test.each(['float', 'qdq', 'operators', 'dynamic', 'dynamic-by-channel'])('%s.onnx', async (name) => {
    const { graph } = await opened(fixture(`${name}.onnx`));
    expect(graph.parameterCount).toBe(table + hidden + 6 + 1);
  });

  test.each([
    ['float.onnx', { looked_up: table, hidden, logit: 6 + 1 }],
    ['qdq.onnx', { looked_up: table, p1: 7 * 6, hidden: 6, logit: 6 + 1 }],
  ])('the layers of %s share them out', async (name, wanted) => {
    const { graph } = await opened(fixture(name));
    const own = graph.layers.filter(({ parameterCount }) => parameterCount > 0);
    expect(Object.fromEntries(own.map((layer) => [layer.name, layer.parameterCount]))).toEqual(wanted);
  });
});

const counted = async (model: Omit<ModelText, 'inputs' | 'outputs'>): Promise<number> =>
  (await opened(modelOf({ inputs: { x: ['float32', [null, 3]] }, outputs: 'y', ...model }))).graph.parameterCount;

const ones = (...dims: number[]): Tensor => float32(dims, new Array(dims.reduce((a, b) => a * b, 1)).fill(1));
const int32 = (dims: number[], values: number[]): Tensor => ({ dtype: 'int32', dims, data: Int32Array.from(values) });

describe('whole numbers of 32 and 64 bits', () => {
  test('are weights where something dequantises them, also after a move', async () => {
    const nodes: ModelText['nodes'] = [
      ['Transpose', 'q', 'turned'],
      ['DequantizeLinear', 'turned scale', 'w'],
      ['MatMul', 'x w', 'y'],
    ];
    expect(await counted({ weights: { q: int32([2, 3], [1, 2, 3, 4, 5, 6]), scale: ones() }, nodes })).toBe(6);
  });

  test('are none as shapes and indices, and neither are scalars', async () => {
    const nodes: ModelText['nodes'] = [
      ['Gather', 'x places', 'chosen', { axis: 1 }],
      ['Reshape', 'chosen shape', 'shaped'],
      ['Mul', 'shaped half', 'scaled'],
      ['MatMul', 'scaled w', 'y'],
    ];
    const weights = { places: int64([2], [2, 0]), shape: int64([2], [-1, 2]), half: float32([], [0.5]), w: ones(2, 1) };
    expect(await counted({ weights, nodes })).toBe(2);
  });
});
