import { describe, expect, test } from 'vitest';
import * as p from '../../../src/compute/program.ts';
import { float32, int64, type Tensor } from '../../../src/compute/tensor.ts';
import { graphOf, modelOf, opened, run, toy, valuesOf } from './models.ts';

const dense = float32([3, 3], [1, 2, 3, 1, 0, 0, 0, 1, -1]);

describe('a program on the dense toy', () => {
  test('reads any tensor by name', async () => {
    const model = await opened(toy('dense.onnx'));
    const { logit, hidden } = await run(
      model,
      { outputs: { logit: p.tensor('logit'), hidden: p.tensor('hidden') } },
      { x: dense },
    );
    expect(valuesOf(logit)).toEqual([-6, 1, 5]);
    expect(logit?.dims).toEqual([3, 1]);
    expect(hidden?.dims[0]).toBe(3);
  });

  test('reads the weights as well, and can put others in their place', async () => {
    const model = await opened(
      modelOf({
        inputs: { x: ['float32', [null, 2]] },
        weights: { w: float32([2, 1], [3, 4]) },
        nodes: [['MatMul', 'x w', 'y']],
        outputs: 'y',
      }),
    );
    const outputs = { norm: p.reduceSum(p.mul(p.tensor('w'), p.tensor('w'))), y: p.tensor('y') };
    const x = float32([1, 2], [1, 1]);
    const plain = await run(model, { outputs }, { x });
    expect([valuesOf(plain.norm), valuesOf(plain.y)]).toEqual([[25], [7]]);
    const doubled = await run(model, { outputs, overrides: { w: p.add(p.tensor('w'), p.tensor('w')) } }, { x });
    expect([valuesOf(doubled.norm), valuesOf(doubled.y)]).toEqual([[100], [14]]);
  });

  test('takes row values and parameters, and needs only those inputs that it reads', async () => {
    const model = await opened(toy('dense.onnx'));
    const weighted = p.mul(p.row('label'), p.parameter('scale', 'float32', []));
    const result = await run(
      model,
      { outputs: { weighted } },
      {},
      { scale: float32([], [3]) },
      { label: float32([2], [1, 0]) },
    );
    expect(valuesOf(result.weighted)).toEqual([3, 0]);
  });

  test('computes with matrices: the second moment of a layer', async () => {
    const model = await opened(toy('dense.onnx'));
    const x = p.tensor('x');
    const { gram } = await run(model, { outputs: { gram: p.matmul(p.transpose(x, [1, 0]), x) } }, { x: dense });
    expect(valuesOf(gram)).toEqual([2, 2, 3, 2, 5, 5, 3, 5, 10]);
  });

  test('says that a tensor is not there', async () => {
    const model = await opened(toy('dense.onnx'));
    await expect(model.compile({ outputs: { a: p.tensor('nothing') } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('overrides', () => {
  test('whoever reads the tensor reads the expression, which may read the original', async () => {
    const model = await opened(toy('dense.onnx'));
    const program = {
      outputs: { x: p.tensor('x'), logit: p.tensor('logit') },
      overrides: { x: p.mul(p.tensor('x'), p.parameter('alpha', 'float32', [])) },
    };
    const one = await run(model, program, { x: dense }, { alpha: float32([], [1]) });
    expect(valuesOf(one.logit)).toEqual([-6, 1, 5]);
    const zero = await run(model, program, { x: dense }, { alpha: float32([], [0]) });
    const origin = await run(model, { outputs: { logit: p.tensor('logit') } }, { x: float32([1, 3], [0, 0, 0]) });
    expect(valuesOf(zero.x).every((value) => value === 0)).toBe(true);
    expect(valuesOf(zero.logit)).toEqual(new Array(3).fill(valuesOf(origin.logit)[0]));
  });

  test('an output of the model may be overridden, and one override may read another', async () => {
    const model = await opened(toy('dense.onnx'));
    const { score } = await run(
      model,
      {
        outputs: { score: p.tensor('score') },
        overrides: { logit: p.neg(p.tensor('logit')), score: p.add(p.tensor('logit'), p.scalar(100)) },
      },
      { x: dense },
    );
    expect(valuesOf(score)).toEqual([106, 99, 95]);
  });

  test('reach into the bodies of control flow', async () => {
    const branch = (operator: string) => ({
      graph: graphOf({ inputs: {}, nodes: [[operator, 'h', `${operator}_h`]], outputs: `${operator}_h` }),
    });
    const model = modelOf({
      inputs: { x: ['float32', [null]], flag: ['bool', []] },
      nodes: [
        ['Neg', 'x', 'h'],
        ['If', 'flag', 'y', { then_branch: branch('Abs'), else_branch: branch('Neg') }],
      ],
      outputs: 'y',
    });
    const open = await opened(model);
    const inputs = { x: float32([2], [1, -2]), flag: { dtype: 'bool', dims: [], data: Uint8Array.of(0) } as Tensor };
    const outputs = { y: p.tensor('y') };
    expect(valuesOf((await run(open, { outputs }, inputs)).y)).toEqual([1, -2]);
    const overrides = { h: p.mul(p.tensor('h'), p.scalar(10)) };
    expect(valuesOf((await run(open, { outputs, overrides }, inputs)).y)).toEqual([10, -20]);
  });
});

describe('types', () => {
  test('ids, flags and numbers go in; narrow numbers are read as the wider ones', async () => {
    const model = await opened(
      modelOf({
        inputs: { id: ['int64', [null]], flag: ['bool', [null]], small: ['int32', [null]], wide: ['float64', [null]] },
        weights: { table: float32([3, 2], [0, 1, 2, 3, 4, 5]) },
        nodes: [
          ['Gather', 'table id', 'embedding'],
          ['Not', 'flag', 'notFlag'],
          ['Neg', 'small', 'negSmall'],
          ['Neg', 'wide', 'negWide'],
        ],
        outputs: 'embedding notFlag negSmall negWide',
      }),
    );
    const names = ['id', 'embedding', 'notFlag', 'negSmall', 'negWide'];
    const result = await run(
      model,
      { outputs: Object.fromEntries(names.map((name) => [name, p.tensor(name)])) },
      {
        id: int64([2], [2, 0]),
        flag: { dtype: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
        small: { dtype: 'int32', dims: [2], data: Int32Array.of(3, 4) },
        wide: { dtype: 'float64', dims: [2], data: Float64Array.of(0.5, 2) },
      },
    );
    expect(names.map((name) => [result[name]?.dtype, valuesOf(result[name])])).toEqual([
      ['int64', [2, 0]],
      ['float32', [4, 5, 0, 1]],
      ['bool', [0, 1]],
      ['int64', [-3, -4]],
      ['float32', [-0.5, -2]],
    ]);
  });

  test('an id beyond its table fails the run, naming the node', async () => {
    const model = await opened(
      modelOf({
        inputs: { id: ['int64', [null]] },
        weights: { table: float32([2, 1], [5, 6]) },
        nodes: [['Gather', 'table id', 'embedding']],
        outputs: 'embedding',
      }),
    );
    await expect(run(model, { outputs: { e: p.tensor('embedding') } }, { id: int64([1], [7]) })).rejects.toMatchObject({
      code: 'ANALYSIS_FAILED',
      message: expect.stringMatching(/idx=7 must be within the inclusive range \[-2,1\]/),
      details: { operator: 'Gather' },
    });
  });
});

describe('the toys', () => {
  const ids = (values: number[]) => int64([values.length, 1], values);
  const toys: [string, Record<string, Tensor>, number[]][] = [
    ['ids', { city: ids([1, 3, 0]), user: ids([2, 4, 1]), age: float32([3, 1], [1, 0, 2]) }, [-1, 1, 4]],
    ['matrix', { X: float32([2, 7], [1, 2, 3, 4, 0, 2, 1, 4, 3, 0, 0, 0, 0, 2]) }, [1.5, -5]],
    ['conv', { signal: float32([2, 1, 6], [1, 2, 3, 4, 5, 6, 1, 0, 2, 0, 1, 0]) }, [2, -1]],
    ['attention', { x: float32([2, 3, 2], [1, 0, 0, 1, 1, 1, 2, 0, 0, 0, 0, -1]) }, [-1.406389, 1.607343]],
    ['composites', { x: float32([2, 2], [1, 2, 0, -1]) }, [1.198112, -2.146763]],
  ];

  test.each(toys)('%s gives the logits that were computed by hand', async (name, inputs, logits) => {
    const model = await opened(toy(`${name}.onnx`));
    const { logit } = await run(model, { outputs: { logit: p.tensor('logit') } }, inputs);
    for (const [index, value] of valuesOf(logit).entries()) expect(value).toBeCloseTo(logits[index] ?? 0, 5);
  });

  test.each(toys)('%s is the same when every tensor is overridden by itself', async (name, inputs) => {
    const model = await opened(toy(`${name}.onnx`));
    const each = model.graph.tensors.map((spec): [string, p.Expression] => [spec.name, p.tensor(spec.name)]);
    const outputs = Object.fromEntries(each);
    const plain = await run(model, { outputs }, inputs);
    expect(await run(model, { outputs, overrides: outputs }, inputs)).toEqual(plain);
    for (const { name: tensor, shape } of model.graph.tensors)
      expect(plain[tensor]?.dims, tensor).toEqual(shape.map((size, axis) => size ?? plain[tensor]?.dims[axis]));
  });
});

test('what onnxruntime would fuse into an operator that it has for float32 alone runs in float64 as well', async () => {
  const model = await opened(
    modelOf({
      inputs: { x: ['float64', [null, 2]] },
      nodes: [
        ['Sigmoid', 'x', 'gate'],
        ['Mul', 'x gate', 'y'],
      ],
      outputs: 'y',
    }),
  );
  const x: Tensor = { dtype: 'float64', dims: [1, 2], data: Float64Array.of(0, 2) };
  const { y } = await run(model, { outputs: { y: p.cast(p.tensor('y'), 'float32') } }, { x });
  expect(valuesOf(y)?.[0]).toBe(0);
  expect(valuesOf(y)?.[1]).toBeCloseTo(2 / (1 + Math.exp(-2)), 6);
});
