import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../../../src/compute/onnx/compile.ts';
import { ModelProtoSchema } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import * as p from '../../../../src/compute/program.ts';
import { float32, int64, type Tensor } from '../../../../src/compute/tensor.ts';
import { type ModelText, modelOf, opened, run, valuesOf } from '../models.ts';
import { expectAgreement } from './differences.ts';
import { bool, float64 } from './numbers.ts';

type Nodes = ModelText['nodes'];

/** From positive numbers to positive numbers, infinite or NaN for others; elements keep to themselves. */
const steps: readonly ((x: string, z: string, y: string) => Nodes)[] = [
  (x, _, y) => [['Sqrt', x, y]],
  (x, _, y) => [['Reciprocal', x, y]],
  (x, z, y) => [['Div', `${x} ${z}`, y]],
  (x, z, y) => [['Mul', `${x} ${z}`, y]],
  (x, z, y) => [['Add', `${x} ${z}`, y]],
  (x, z, y) => [['Pow', `${x} ${z}`, y]],
  (x, _, y) => [['Pow', `${x} half`, y]],
  (x, _, y) => [['Pow', `${x} negative`, y]],
  (x, _, y) => [
    ['Log', x, `${y}_log`],
    ['Sigmoid', `${y}_log`, y],
  ],
  (x, _, y) => [
    ['Exp', x, `${y}_exp`],
    ['Add', `${y}_exp one`, `${y}_more`],
    ['Log', `${y}_more`, y],
  ],
  (x, z, y) => [
    ['Exp', x, `${y}_exp`],
    ['Div', `${z} ${y}_exp`, y],
  ],
];

/** The same of rows: what is not finite in one element is in none of its row. */
const rowSteps: typeof steps = [
  ...steps,
  (x, _, y) => [['Softmax', x, y, { axis: 1 }]],
  (x, _, y) => [
    ['Add', `${x} mask`, `${y}_masked`],
    ['Softmax', `${y}_masked`, y, { axis: 1 }],
  ],
  (x, _, y) => [['MatMul', `${x} matrix`, y]],
  (x, _, y) => [
    ['Gemm', `${x} matrix`, `${y}_negative`, { alpha: { float: -0.5 } }],
    ['Neg', `${y}_negative`, y],
  ],
  (x, z, y) => [
    ['ReduceSum', `${z} axes`, `${y}_sum`],
    ['Div', `${x} ${y}_sum`, y],
  ],
  (x, _, y) => [
    ['ReduceMax', x, `${y}_max`, { axes: [1] }],
    ['Sub', `${x} ${y}_max`, `${y}_shifted`],
    ['Exp', `${y}_shifted`, y],
  ],
];

interface Choice {
  step: number;
  first: number;
  second: number;
  squash: boolean;
  guard: boolean;
}
const choices = fc.array(
  fc.record({ step: fc.nat(99), first: fc.nat(9), second: fc.nat(9), squash: fc.boolean(), guard: fc.boolean() }),
  { minLength: 1, maxLength: 5 },
);
/** Inputs where they are not taken. */
const untaken = fc.array(fc.constantFrom(0, -1, 800, -0.25, 1e-300), { minLength: 12, maxLength: 12 });

/** Steps, some of them behind a condition, and at the end one that takes what may be finite. */
function modelFrom(list: readonly Choice[], from: typeof steps, condition: Tensor, cut: boolean): ModelText {
  const names = ['a', 'b'];
  const nodes = list.flatMap(({ step, first, second, squash, guard }, at): Nodes => {
    const [x = 'a', z = 'b'] = [first, second].map((index) => names[index % names.length]);
    const made = from[step % from.length]?.(x, z, `step${at}`) ?? [];
    if (squash) made.push(['Sigmoid', `step${at}`, `squashed${at}`]);
    const result = squash ? `squashed${at}` : `step${at}`;
    if (guard) made.push(['Where', `condition ${result} half`, `guarded${at}`]);
    names.push(guard ? `guarded${at}` : result);
    return made;
  });
  nodes.push(cut ? ['Gather', `${names.at(-1)} first`, 'y'] : ['Where', `condition ${names.at(-1)} half`, 'y']);
  const [none, lowest] = [0, Number.NEGATIVE_INFINITY];
  const weights = {
    condition,
    one: float64([], [1]),
    half: float64([], [0.5]),
    negative: float64([], [-1.5]),
    mask: float64([2, 3], [none, none, none, lowest, lowest, lowest]),
    axes: int64([1], [1]),
    first: int64([1], [0]),
  };
  const inputs: ModelText['inputs'] = {
    a: ['float64', [null, 3]],
    b: ['float64', [null, 3]],
    matrix: ['float64', [3, 3]],
  };
  return { inputs, weights, nodes, outputs: 'y', opset: 17 };
}

const taken = [0.7, 0.4, 0.9, 0.6, 0.8, 0.5, 0.35, 0.95, 0.55, 0.75, 0.45, 0.85];

/** Inputs [2, 3] each, of ordinary numbers where the condition is true. */
function inputsFor(isTaken: readonly boolean[], others: readonly number[]): Record<string, Tensor> {
  const values = (start: number) =>
    isTaken.map((is, at) => (is ? (taken[start + at] ?? 1) : (others[start + at] ?? 0)));
  const matrix = float64([3, 3], [0.5, 0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.5]);
  return { a: float64([2, 3], values(0)), b: float64([2, 3], values(6)), matrix };
}

const byElement = [true, false, true, false, false, true];
const byRow = [true, true, true, false, false, false];

describe('what a condition does not take has no part in the gradient, however infinite', () => {
  test('element by element: finite, and as differences, to second order', async () => {
    const condition = bool([2, 3], byElement.map(Number));
    await fc.assert(
      fc.asyncProperty(choices, untaken, async (list, others) => {
        const model = modelOf(modelFrom(list, steps, condition, false));
        const inputs = inputsFor(byElement, others);
        await expectAgreement({ model, inputs, targets: ['y'], wanted: Object.keys(inputs), order: 2, single: false });
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  test('row by row, through products of matrices and sums over rows', async () => {
    const condition = bool([2, 1], [1, 0]);
    await fc.assert(
      fc.asyncProperty(choices, untaken, fc.boolean(), async (list, others, cut) => {
        const model = modelOf(modelFrom(list, rowSteps, condition, cut));
        const inputs = inputsFor(byRow, others);
        await expectAgreement({ model, inputs, targets: ['y'], wanted: Object.keys(inputs), order: 2, single: false });
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

/** d (sum of y) / d x of nodes from x to y in float32, with these further inputs and weights. */
async function slopes(nodes: Nodes, x: number[], dims: number[], weights: ModelText['weights'] = {}, opset = 18) {
  const inputs: ModelText['inputs'] = { x: ['float32', [null, ...dims.slice(1)]] };
  const open = await opened(modelOf({ inputs, nodes, weights, outputs: 'y', opset }));
  const outputs = { dx: p.gradient(p.tensor('y'), p.tensor('x')) };
  // −0 + 0 is 0.
  return valuesOf((await run(open, { outputs }, { x: float32(dims, x) })).dx).map((value) => value + 0);
}

describe.each([
  [
    'Sqrt Log Reciprocal Exp Sinh Cosh Tan Asin Acos Atanh Erf Tanh Sigmoid Softplus Softsign Elu Celu Selu Gelu Mish',
    0.5,
  ],
  ['Abs Neg Relu LeakyRelu HardSigmoid HardSwish Sin Cos Atan Asinh ThresholdedRelu Shrink', 0.5],
  ['Acosh', 1.5],
])('of %s', (operators, ordinary) => {
  const others = [0, 1, -1, 2, -2, 1000, -1000, 1e20, 3e38];
  test.each(operators.split(' '))(
    '%s: as without the condition where it is true, elsewhere exactly 0',
    async (name) => {
      const x = [ordinary, ...others];
      const condition = bool([x.length], [1, ...others.map(() => 0)]);
      const weights = { condition, zero: float32([], [0]) };
      const [plain] = await slopes([[name, 'x', 'y']], x, [x.length], {}, 20);
      const nodes: Nodes = [
        [name, 'x', 'value'],
        ['Where', 'condition value zero', 'y'],
      ];
      expect(await slopes(nodes, x, [x.length], weights, 20)).toEqual([plain, ...others.map(() => 0)]);
    },
  );
});

describe('of rows', () => {
  test.each([
    ['ReduceLogSum', { keepdims: 1 }],
    ['ReduceL2', { keepdims: 1 }],
    ['ReduceL1', { keepdims: 1 }],
    ['ReduceLogSumExp', { keepdims: 1 }],
    ['ReduceProd', { keepdims: 1 }],
    ['Softmax', { axis: 1 }],
    ['LogSoftmax', { axis: 1 }],
    ['LpNormalization', { axis: 1 }],
  ])('%s: as without the condition where it is true, elsewhere exactly 0', async (name, given) => {
    const isReduction = name.startsWith('Reduce');
    const attributes = isReduction ? { ...given, axes: [1] } : given;
    const weights = {
      condition: bool([4, 1], [1, 0, 0, 0]),
      zero: float32([], [0]),
      infinite: float32([], [Number.NEGATIVE_INFINITY]),
    };
    const x = [1, 2, 0, 0, -1, -2, 1, -1];
    const [first, second] = await slopes([[name, 'x', 'y', attributes]], x, [4, 2], {}, 17);
    const nodes: Nodes = [
      // The other rows are of −∞.
      ['Where', 'condition x infinite', 'masked'],
      ['Add', 'masked x', 'twice'],
      ['Sub', 'twice x', 'back'],
      [name, 'back', 'value', attributes],
      ['Where', 'condition value zero', 'y'],
    ];
    expect(await slopes(nodes, x, [4, 2], weights, 17)).toEqual([first, second, 0, 0, 0, 0, 0, 0]);
  });
});

describe('guards of every day', () => {
  const zero = float32([], [0]);

  test('a mean over no history', async () => {
    const nodes: Nodes = [
      ['ReduceSum', 'x axes', 'sums'],
      ['Div', 'sums counts', 'means'],
      ['Equal', 'counts zero', 'isEmpty'],
      ['Where', 'isEmpty zero means', 'y'],
    ];
    const weights = { zero, counts: float32([2, 1], [2, 0]), axes: int64([1], [1]) };
    expect(await slopes(nodes, [1, 2, 0, 0], [2, 2], weights)).toEqual([0.5, 0.5, 0, 0]);
  });

  test('attention as PyTorch’s older exporter writes it: a row without any place gives zeros', async () => {
    const nodes: Nodes = [
      ['Add', 'x mask', 'masked'],
      ['Softmax', 'masked', 'weights', { axis: 1 }],
      ['IsNaN', 'weights', 'isNowhere'],
      ['Where', 'isNowhere zero weights', 'taken'],
      ['MatMul', 'taken values', 'y'],
    ];
    const lowest = Number.NEGATIVE_INFINITY;
    const weights = { zero, mask: float32([2, 2], [0, 0, lowest, lowest]), values: float32([2, 1], [4, 0]) };
    expect(await slopes(nodes, [1, 1, 3, 5], [2, 2], weights)).toEqual([1, -1, 0, 0]);
  });

  test('a missing number that is filled in, and what is computed of it beside', async () => {
    const nodes: Nodes = [
      ['IsNaN', 'x', 'isMissing'],
      ['Mul', 'x x', 'square'],
      ['Where', 'isMissing zero square', 'y'],
    ];
    expect(await slopes(nodes, [3, Number.NaN], [2], { zero })).toEqual([6, 0]);
  });

  test('a logarithm that is kept from falling too far', async () => {
    const nodes: Nodes = [
      ['Log', 'x', 'log'],
      ['Clip', 'log lowest', 'y'],
    ];
    expect(await slopes(nodes, [0.5, 0], [2], { lowest: float32([], [-100]) })).toEqual([2, 0]);
  });

  test('in front of three thousand operators', async () => {
    const middle = Array.from({ length: 3000 }, (_, at): Nodes[number] => ['Add', `log${at} one`, `log${at + 1}`]);
    const nodes: Nodes = [['Log', 'x', 'log0'], ...middle, ['Where', 'condition log3000 zero', 'y']];
    const weights = { one: float32([], [1]), zero, condition: bool([2], [1, 0]) };
    expect(await slopes(nodes, [0.5, 0], [2], weights)).toEqual([2, 0]);
  });

  test('a sigmoid of exponentials, one of which is too large for a number', async () => {
    const nodes: Nodes = [
      ['Neg', 'x', 'negative'],
      ['Exp', 'negative', 'exponential'],
      ['Add', 'exponential one', 'more'],
      ['Reciprocal', 'more', 'y'],
    ];
    expect(await slopes(nodes, [0, -1000, 1000], [3], { one: float32([], [1]) })).toEqual([0.25, 0, 0]);
  });
});

describe('what is not cut off by a condition but has no derivative, or one that the chain rule does not find, stays not finite', () => {
  test.each([
    ['√x at 0', [['Sqrt', 'x', 'y']]],
    [
      '√x² at 0, whose derivative is 1: not 0, though the square has none of the root',
      [
        ['Sqrt', 'x', 'root'],
        ['Mul', 'root root', 'y'],
      ],
    ],
    [
      'exp(log x) at 0',
      [
        ['Log', 'x', 'log'],
        ['Exp', 'log', 'y'],
      ],
    ],
  ] satisfies [string, Nodes][])('%s', async (_, nodes) => {
    expect((await slopes(nodes, [0], [1])).map(Number.isFinite)).toEqual([false]);
  });
});

test('a net of finite numbers gets no conditions', async () => {
  const model = modelOf({
    inputs: { x: ['float32', [null, 2]] },
    weights: { w: float32([2, 2], [1, 2, 3, 4]), b: float32([2], [1, 1]) },
    nodes: [
      ['Gemm', 'x w b', 'first'],
      ['LayerNormalization', 'first b b', 'normal'],
      ['Relu', 'normal', 'hidden'],
      ['Gemm', 'hidden w b', 'second'],
      ['Softmax', 'second', 'y'],
    ],
    outputs: 'y',
  });
  const open = await opened(model);
  const { bytes } = compileProgram(model, open.graph, { outputs: { dx: p.gradient(p.tensor('y'), p.tensor('x')) } });
  const added = fromBinary(ModelProtoSchema, bytes).graph?.node.map(({ opType }) => opType);
  expect(added).not.toContain('Where');
});
