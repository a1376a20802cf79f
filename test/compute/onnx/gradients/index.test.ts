import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../../../src/compute/onnx/compile.ts';
import { ModelProtoSchema } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { valueInfoOf } from '../../../../src/compute/onnx/tensors.ts';
import * as p from '../../../../src/compute/program.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { graphOf, type ModelText, modelOf, opened, run, toy, valuesOf } from '../models.ts';

/** Gradients of the sum of `of` on one batch, by tensor. */
async function gradients(model: string | ModelText, of: string, wrt: string[], inputs: Parameters<typeof run>[2]) {
  const open = await opened(typeof model === 'string' ? toy(model) : modelOf(model));
  const outputs = Object.fromEntries(wrt.map((name) => [name, p.gradient(p.tensor(of), p.tensor(name))]));
  const results = await run(open, { outputs }, inputs);
  // −0 + 0 is 0.
  return Object.fromEntries(wrt.map((name) => [name, valuesOf(results[name]).map((value) => value + 0)]));
}

describe('gradients of models that can be computed by hand', () => {
  test('a dense net; relu′(0) = 0', async () => {
    // x = [1, 2, 3]: both neurons are on; x = [1, 0, 0]: the second one is at 0.
    const found = await gradients('logit.onnx', 'logit', ['x', 'hidden', 'hidden_pre'], {
      x: float32([2, 3], [1, 2, 3, 1, 0, 0]),
    });
    expect(found).toEqual({ x: [3, 4, -5, 2, 4, -2], hidden: [2, -1, 2, -1], hidden_pre: [2, -1, 2, 0] });
  });

  test('embeddings: d logit / d carrier, and nothing before them', async () => {
    const ids = { city: int64([1, 1], [1]), user: int64([1, 1], [2]), age: float32([1, 1], [1]) };
    // hidden_pre = [2, 3, 2]: every neuron is on.
    const found = await gradients('ids.onnx', 'logit', ['city_embedding', 'user_rows', 'age'], ids);
    expect(found).toEqual({ city_embedding: [0, -1], user_rows: [-1, 1], age: [3] });
  });

  test('a matrix of numbers and ids as numbers: the ids themselves do not vary', async () => {
    const X = float32([1, 7], [1, 2, 3, 4, 0, 2, 1]);
    const { X: gradient } = await gradients('matrix.onnx', 'logit', ['X'], { X });
    // Of price and, through the mean, of the history's length; the columns with ids are only looked up.
    expect(gradient?.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(gradient?.[6]).toBe(-1);
  });

  test('Captum’s BasicModel2: relu(relu(a) − 1 − relu(b))', async () => {
    const model: ModelText = {
      inputs: { a: ['float32', [null]], b: ['float32', [null]] },
      weights: { one: float32([], [1]) },
      nodes: [
        ['Relu', 'a', 'positive_a'],
        ['Relu', 'b', 'positive_b'],
        ['Sub', 'positive_a one', 'shifted'],
        ['Sub', 'shifted positive_b', 'difference'],
        ['Relu', 'difference', 'y'],
      ],
      outputs: 'y',
    };
    const inputs = { a: float32([3], [3, 3, 1]), b: float32([3], [1, -1, 4]) };
    expect(await gradients(model, 'y', ['a', 'b'], inputs)).toEqual({ a: [1, 1, 0], b: [-1, 0, 0] });
  });

  test('Captum’s BasicModel_MultiLayer', async () => {
    const model: ModelText = {
      inputs: { x: ['float32', [null, 3]] },
      weights: {
        w1: float32([4, 3], new Array<number>(12).fill(1)),
        b1: float32([4], [-10, 1, 1, 1]),
        w2: float32([2, 4], new Array<number>(8).fill(1)),
        b2: float32([2], [-1, 1]),
      },
      nodes: [
        ['Gemm', 'x w1 b1', 'first', { transB: 1 }],
        ['Relu', 'first', 'hidden'],
        ['Gemm', 'hidden w2 b2', 'y', { transB: 1 }],
      ],
      outputs: 'y',
    };
    const inputs = { x: float32([2, 3], [1, 2, 3, 0, 5, 6]) };
    const found = await gradients(model, 'y', ['x', 'w2'], inputs);
    expect(found).toEqual({ x: [6, 6, 6, 8, 8, 8], w2: [1, 19, 19, 19, 1, 19, 19, 19] });
  });

  test('shares among equals: ties of a maximum', async () => {
    const model: ModelText = {
      inputs: { a: ['float32', [null]], b: ['float32', [null]] },
      nodes: [
        ['Max', 'a b', 'larger'],
        ['ReduceMax', 'a', 'largest', { keepdims: 0 }],
        ['Add', 'larger largest', 'y'],
      ],
      outputs: 'y',
    };
    const inputs = { a: float32([4], [1, 4, 4, 0]), b: float32([4], [1, 2, 5, 3]) };
    // Four elements of y read the largest, which two share.
    expect(await gradients(model, 'y', ['a', 'b'], inputs)).toEqual({ a: [0.5, 3, 2, 0], b: [0.5, 0, 1, 1] });
  });
});

describe('the path between a target and a tensor', () => {
  const model: ModelText = {
    inputs: { x: ['float32', [null, 2]], z: ['float32', [null, 2]] },
    nodes: [
      ['Floor', 'x', 'steps'],
      ['Det', 'square', 'odd'],
      ['Reshape', 'z shape', 'square'],
      ['Mul', 'x steps', 'y'],
      ['Add', 'y odd', 'both'],
    ],
    weights: { shape: int64([3], [-1, 1, 1]) },
    outputs: 'both',
  };
  const inputs = { x: float32([1, 2], [1.5, -2.5]), z: float32([1, 2], [1, 2]) };

  test('may lead through an operator whose derivative is zero by nature', async () => {
    expect(await gradients(model, 'y', ['x', 'steps'], inputs)).toEqual({ x: [1, -3], steps: [1.5, -2.5] });
    expect(await gradients(model, 'steps', ['x'], inputs)).toEqual({ x: [0, 0] });
  });

  test('is missing where the target does not depend on the tensor: zeros', async () => {
    expect(await gradients(model, 'y', ['z', 'odd'], inputs)).toEqual({ z: [0, 0], odd: [0, 0] });
  });

  test('need not concern itself with operators beside it', async () => {
    expect(await gradients(model, 'both', ['x'], inputs)).toEqual({ x: [1, -3] });
  });

  test('ends with an error at an operator without rule, which it names', async () => {
    await expect(gradients(model, 'both', ['z'], inputs)).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATOR',
      details: { operator: 'Det', node: 'odd' },
    });
  });

  test('sees what the body of a Loop reads, though it is no input', async () => {
    const body = graphOf({
      inputs: { i: ['int64', []], go: ['bool', []], sum: ['float32', [1, 2]] },
      nodes: [
        ['Identity', 'go', 'again'],
        ['Add', 'sum twice', 'more'],
      ],
      outputs: '',
    });
    body.output = [valueInfoOf('again', 'bool', []), valueInfoOf('more', 'float32', [1, 2])];
    const loop: ModelText = {
      inputs: { x: ['float32', [1, 2]] },
      weights: { pair: int64([2], [1, 2]), count: int64([], [3]), start: float32([1, 2], [0, 0]) },
      nodes: [
        ['Add', 'x x', 'twice'],
        ['Loop', 'count  start', 'sums', { body: { graph: body } }],
        ['Reshape', 'sums pair', 'y'],
      ],
      outputs: 'y',
    };
    await expect(gradients(loop, 'y', ['x'], { x: float32([1, 2], [1, 2]) })).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATOR',
      details: { operator: 'Loop', node: 'sums' },
    });
  });

  test('needs no rows', async () => {
    const model: ModelText = {
      inputs: { x: ['float32', [null, null, 2]] },
      nodes: [
        ['ReduceMean', 'x', 'mean', { axes: [1], keepdims: 0 }],
        ['Softmax', 'mean', 'y', { axis: 1 }],
      ],
      outputs: 'y',
      opset: 17,
    };
    expect(await gradients(model, 'y', ['x'], { x: float32([0, 3, 2], []) })).toEqual({ x: [] });
    expect(await gradients('matrix.onnx', 'logit', ['X'], { X: float32([0, 7], []) })).toEqual({ X: [] });
  });

  test('starts at numbers: an id has no gradient', async () => {
    const ids = { city: int64([1, 1], [1]), user: int64([1, 1], [2]), age: float32([1, 1], [1]) };
    await expect(gradients('ids.onnx', 'logit', ['city'], ids)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('in programs', () => {
  test('all gradients of one thing come from one sweep', async () => {
    const model = await opened(toy('logit.onnx'));
    const of = () => p.mul(p.tensor('logit'), p.scalar(2));
    const outputs = { x: p.gradient(of(), p.tensor('x')), hidden: p.gradient(of(), p.tensor('hidden')) };
    const { x, hidden } = await run(model, { outputs }, { x: float32([1, 3], [1, 2, 3]) });
    expect([valuesOf(x), valuesOf(hidden)]).toEqual([
      [6, 8, -10],
      [4, -2],
    ]);
  });

  test('an overridden tensor has the gradient of what its readers read', async () => {
    const model = await opened(toy('logit.onnx'));
    const alpha = p.parameter('alpha', 'float32', []);
    const outputs = {
      hidden: p.gradient(p.tensor('logit'), p.tensor('hidden_pre')),
      alpha: p.gradient(p.tensor('logit'), alpha),
    };
    const overrides = { hidden_pre: p.mul(p.tensor('hidden_pre'), alpha) };
    const batch = { x: float32([1, 3], [1, 2, 3]) };
    const found = await run(model, { outputs, overrides }, batch, { alpha: float32([], [0.5]) });
    // hidden_pre is [2, 9] · alpha: d logit / d alpha = 2 · 2 − 9.
    expect([valuesOf(found.hidden), valuesOf(found.alpha)]).toEqual([[2, -1], [-5]]);
  });

  test('columns of a matrix that are taken one by one are put side by side, not summed', async () => {
    const columns = [0, 1, 3];
    const model: ModelText = {
      inputs: { x: ['float32', [null, 5]] },
      weights: { one: int64([1], [1]), ...Object.fromEntries(columns.map((at) => [`p${at}`, int64([1], [at])])) },
      nodes: [
        ...columns.map((at): ModelText['nodes'][number] => ['Gather', `x p${at}`, `column${at}`, { axis: 1 }]),
        ['Slice', 'x one p3 one', 'wide'],
        ['Concat', 'column0 column1 column3 wide', 'all', { axis: 1 }],
        ['Mul', 'all all', 'y'],
      ],
      outputs: 'y',
    };
    const inputs = { x: float32([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) };
    expect(await gradients(model, 'y', ['x'], inputs)).toEqual({ x: [2, 8, 6, 8, 0, 12, 28, 16, 18, 0] });
    const open = await opened(modelOf(model));
    const { bytes } = compileProgram(modelOf(model), open.graph, {
      outputs: { dx: p.gradient(p.tensor('y'), p.tensor('x')) },
    });
    const sums = fromBinary(ModelProtoSchema, bytes).graph?.node.filter(({ opType }) => opType === 'Add');
    // y = a · a gives two, the column that is taken twice a third one.
    expect(sums).toHaveLength(2);
  });

  test('gradients have gradients', async () => {
    const model = await opened(
      modelOf({
        inputs: { a: ['float32', [null]], b: ['float32', [null]] },
        nodes: [
          ['Mul', 'a a', 'square'],
          ['Mul', 'square b', 'y'],
        ],
        outputs: 'y',
      }),
    );
    const slope = p.gradient(p.tensor('y'), p.tensor('a'));
    const outputs = { slope, aa: p.gradient(slope, p.tensor('a')), ab: p.gradient(slope, p.tensor('b')) };
    const found = await run(model, { outputs }, { a: float32([2], [1, 3]), b: float32([2], [5, 7]) });
    expect([valuesOf(found.slope), valuesOf(found.aa), valuesOf(found.ab)]).toEqual([
      [10, 42],
      [10, 14],
      [2, 6],
    ]);
  });
});
