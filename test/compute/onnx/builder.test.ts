import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/compute/onnx/builder.ts';
import { inferredSpecs } from '../../../src/compute/onnx/shapes/specs.ts';
import { float32, int64, type TensorSpec } from '../../../src/compute/tensor.ts';
import { modelOf, temporaryFolder } from './models.ts';

const model = modelOf({
  inputs: { a: ['float32', [null, 4, 3]], b: ['float32', [null, 1, 3]], c: ['float32', [3, 2]] },
  nodes: [['Relu', 'a', 'y']],
  outputs: 'y',
});
const spec = (name: string, shape: (number | null)[]): [string, TensorSpec] => [
  name,
  { name, dtype: 'float32', shape },
];
const specs = new Map([spec('a', [null, 4, 3]), spec('b', [null, 1, 3]), spec('c', [3, 2]), spec('y', [null, 4, 3])]);
const builder = () => new GraphBuilder(model, specs);
const list = (graph: GraphBuilder, ...values: number[]) => graph.constant(int64([values.length], values));

describe('a growing graph', () => {
  test('adds equal nodes and equal constants once', () => {
    const graph = builder();
    const two = () => graph.constant(float32([], [2]));
    expect(graph.node('Mul', ['y', two()])).toEqual(graph.node('Mul', ['y', two()]));
    expect(graph.node('Softmax', ['y'], { axis: 1 })).not.toEqual(graph.node('Softmax', ['y'], { axis: 2 }));
    expect(graph.nodes).toHaveLength(4);
  });

  test('keeps its look-ups current, and leaves the model alone', () => {
    const graph = builder();
    const [twice = ''] = graph.node('Add', ['y', 'y']);
    expect(graph.producerOf(twice)?.opType).toBe('Add');
    expect(graph.consumersOf('y').map(({ opType }) => opType)).toEqual(['Add']);
    const replacement = graph.replace('y');
    expect(graph.consumersOf('y')).toEqual([]);
    expect(graph.producerOf(twice)?.input).toEqual([replacement, replacement]);
    expect(model.graph?.node).toHaveLength(1);
  });

  test('gives out every name once', () => {
    const graph = builder();
    expect(new Set([graph.uniqueName('a'), graph.uniqueName('a'), 'a']).size).toBe(3);
  });

  test('knows the shapes of what it adds as well as onnxruntime does', async () => {
    const graph = builder();
    graph.node('Add', ['a', 'b']);
    graph.node('Less', ['b', 'a']);
    graph.node('Where', [graph.node('Less', ['b', 'a'])[0] ?? '', 'b', 'a']);
    graph.node('Cast', ['a'], { to: 7 });
    graph.node('MatMul', ['a', 'c']);
    graph.node('MatMul', ['a', graph.constant(float32([3], [1, 2, 3]))]);
    graph.node('Expand', ['c', graph.node('Shape', ['c'])[0] ?? '']);
    graph.node('Gemm', ['c', 'c'], { transA: 1 });
    graph.node('Shape', ['a']);
    graph.node('Size', ['a']);
    graph.node('Transpose', ['a'], { perm: [2, 0, 1] });
    graph.node('Transpose', ['a']);
    graph.node('Reshape', ['a', list(graph, 0, -1)]);
    graph.node('Reshape', ['c', list(graph, -1)]);
    graph.node('Expand', ['c', list(graph, 5, 1, 2)]);
    graph.node('Concat', ['a', 'b'], { axis: -2 });
    graph.node('Gather', ['c', list(graph, 1, 0, 1)], { axis: 1 });
    graph.node('Slice', ['a', list(graph, 1), list(graph, -1), list(graph, 1)]);
    graph.node('Squeeze', ['b', list(graph, 1)]);
    graph.node('Unsqueeze', ['c', list(graph, 0, -1)]);
    graph.node('ReduceSum', ['a', list(graph, -1)], { keepdims: 0 });
    graph.node('ReduceMean', ['a', list(graph, 0, 1)]);
    graph.node('ReduceMax', ['a'], { keepdims: 0 });
    const added = graph.nodes.slice(1).map(({ output }) => output[0] ?? '');
    const inferred = await inferredSpecs(graph.model, { folder: await temporaryFolder(), threads: 1 });
    expect(added.map((name) => graph.specOf(name))).toEqual(inferred.filter(({ name }) => added.includes(name)));
  });
});
