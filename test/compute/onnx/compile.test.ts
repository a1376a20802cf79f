import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../../src/compute/onnx/compile.ts';
import * as p from '../../../src/compute/program.ts';
import { float32 } from '../../../src/compute/tensor.ts';
import { modelOf } from './models.ts';

const model = modelOf({
  inputs: { x: ['float32', [null, 2]], unused: ['float32', [null]] },
  weights: { w: float32([2, 2], [1, 2, 3, 4]) },
  nodes: [
    ['MatMul', 'x w', 'h'],
    ['Relu', 'h', 'y'],
    ['Neg', 'unused', 'z'],
  ],
  outputs: 'y z',
});
const spec = (name: string, shape: (number | null)[]) => ({ name, dtype: 'float32' as const, shape });
const tensors = [
  spec('x', [null, 2]),
  spec('unused', [null]),
  spec('h', [null, 2]),
  spec('y', [null, 2]),
  spec('z', [null]),
];
const graph = {
  inputs: tensors.slice(0, 2),
  outputs: tensors.slice(3),
  tensors,
  layers: [],
  parameterCount: 4,
  logits: [],
  lookups: [],
};
const compile = (program: p.Program) => compileProgram(model, graph, program);

describe('a compiled program', () => {
  test('keeps what its outputs need and nothing else', () => {
    const { inputs, nodeCount } = compile({ outputs: { h: p.tensor('h') } });
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(nodeCount).toBe(1);
  });

  test('computes equal expressions once, whoever made them', () => {
    const mean = () => p.reduceMean(p.mul(p.tensor('h'), p.scalar(2)), [0]);
    const { outputs, nodeCount } = compile({ outputs: { first: mean(), second: mean(), more: p.neg(mean()) } });
    expect(outputs.get('first')).toBe(outputs.get('second'));
    // MatMul, Mul, ReduceMean, Neg
    expect(nodeCount).toBe(4);
  });

  test('drops what an override cuts off', () => {
    const overrides = { h: p.parameter('patch', 'float32', [null, 2]) };
    const { inputs, parameters } = compile({ outputs: { y: p.tensor('y') }, overrides });
    expect(inputs).toEqual([]);
    expect([...parameters.keys()]).toEqual(['patch']);
  });

  test('is the same bytes for the same program', () => {
    const program = () => ({ outputs: { s: p.reduceSum(p.tensor('y'), [0]) } });
    expect(compile(program()).bytes).toEqual(compile(program()).bytes);
  });

  test('leaves the model as it was', () => {
    const before = JSON.stringify(model.graph?.node.map(({ input }) => input));
    compile({ outputs: { y: p.tensor('y') }, overrides: { h: p.neg(p.tensor('h')) } });
    expect(JSON.stringify(model.graph?.node.map(({ input }) => input))).toBe(before);
  });
});
