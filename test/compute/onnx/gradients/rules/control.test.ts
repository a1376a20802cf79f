import { describe, expect, test } from 'vitest';
import * as p from '../../../../../src/compute/program.ts';
import { float32, int64 } from '../../../../../src/compute/tensor.ts';
import { graphOf, type ModelText, modelOf, opened, run, valuesOf } from '../../models.ts';

/** A body that reads tensors of outside and has no inputs; its output is that of its last node. */
const bodyOf = (nodes: ModelText['nodes']) => ({
  graph: graphOf({ inputs: {}, nodes, outputs: nodes.at(-1)?.[2] ?? '' }),
});

/** What PyTorch's older exporter writes for squeeze(x, 1): is the axis of size 1? */
const squeeze = (x: string, y: string): ModelText['nodes'] => [
  ['Shape', x, `${y}_sizes`],
  ['Gather', `${y}_sizes one`, `${y}_size`, { axis: 0 }],
  ['Equal', `${y}_size one`, `${y}_is_one`],
  [
    'If',
    `${y}_is_one`,
    y,
    {
      then_branch: bodyOf([['Squeeze', `${x} axes`, `${y}_squeezed`]]),
      else_branch: bodyOf([['Identity', x, `${y}_same`]]),
    },
  ],
];

const weights = { one: int64([], [1]), axes: int64([1], [1]), zero: float32([], [0]) };

async function gradientOf(model: ModelText, x: number[], dims: number[]) {
  const open = await opened(modelOf(model));
  const outputs = { dx: p.gradient(p.tensor('y'), p.tensor('x')) };
  return valuesOf((await run(open, { outputs }, { x: float32(dims, x) })).dx);
}

describe('an If', () => {
  test('around a Squeeze is the branch that the sizes tell, and what it reads from outside is differentiated', async () => {
    const model: ModelText = {
      inputs: { x: ['float32', [null, 1, 2]] },
      weights,
      nodes: [['Mul', 'x x', 'square'], ...squeeze('square', 'flat'), ['Mul', 'flat flat', 'y']],
      outputs: 'y',
    };
    expect(await gradientOf(model, [1, 2, 3, 0], [2, 1, 2])).toEqual([4, 32, 108, 0]);
  });

  test('in an If', async () => {
    const inner = bodyOf([
      ['Add', 'x x', 'twice'],
      [
        'If',
        'yes',
        'result',
        {
          then_branch: bodyOf([['Mul', 'twice x', 'product']]),
          else_branch: bodyOf([['Identity', 'twice', 'kept']]),
        },
      ],
    ]);
    const model: ModelText = {
      inputs: { x: ['float32', [null, 2]] },
      weights: { ...weights, yes: { dtype: 'bool', dims: [], data: Uint8Array.of(1) } },
      nodes: [['If', 'yes', 'y', { then_branch: inner, else_branch: bodyOf([['Identity', 'x', 'same']]) }]],
      outputs: 'y',
    };
    expect(await gradientOf(model, [1, 2], [1, 2])).toEqual([4, 8]);
  });

  test('around a Squeeze whose size only the rows tell: either branch gives the same elements', async () => {
    const model: ModelText = {
      inputs: { x: ['float32', [null, null, 2]] },
      weights: { ...weights, flat: int64([1], [-1]) },
      nodes: [
        ['Mul', 'x x', 'square'],
        ...squeeze('square', 'squeezed'),
        ['Reshape', 'squeezed flat', 'elements'],
        ['Mul', 'elements elements', 'y'],
      ],
      outputs: 'y',
    };
    expect(await gradientOf(model, [1, 2, 3, 0], [2, 1, 2])).toEqual([4, 32, 108, 0]);
    expect(await gradientOf(model, [1, 2, 3, 0], [1, 2, 2])).toEqual([4, 32, 108, 0]);
  });

  test('whose condition depends on the rows is an error that names it', async () => {
    const model: ModelText = {
      inputs: { x: ['float32', [null, 2]] },
      weights,
      nodes: [
        ['ReduceSum', 'x', 'sum', { keepdims: 0 }],
        ['Greater', 'sum zero', 'positive'],
        [
          'If',
          'positive',
          'y',
          {
            then_branch: bodyOf([['Identity', 'x', 'same']]),
            else_branch: bodyOf([['Neg', 'x', 'other']]),
          },
        ],
      ],
      outputs: 'y',
    };
    await expect(gradientOf(model, [1, 2], [1, 2])).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATOR',
      details: { operator: 'If', node: 'y' },
    });
  });
});

describe('a Scan', () => {
  const scan = (body: ModelText, scanned: number, inputs: string): ModelText => ({
    inputs: { x: ['float32', [null, 2]] },
    weights: { start: float32([2], [0, 0]) },
    nodes: [
      ['Scan', inputs, inputs === 'x' ? 'y' : 'last y', { body: { graph: graphOf(body) }, num_scan_inputs: scanned }],
    ],
    outputs: 'y',
  });

  test('that does the same to every row has the gradient of what it does', async () => {
    const body: ModelText = {
      inputs: { row: ['float32', [2]] },
      nodes: [['Mul', 'row row', 'square']],
      outputs: 'square',
    };
    expect(await gradientOf(scan(body, 1, 'x'), [1, 2, 3, 4], [2, 2])).toEqual([2, 4, 6, 8]);
  });

  test('that carries something from row to row has none', async () => {
    const body: ModelText = {
      inputs: { sum: ['float32', [2]], row: ['float32', [2]] },
      nodes: [
        ['Add', 'sum row', 'next'],
        ['Identity', 'next', 'shown'],
      ],
      outputs: 'next shown',
    };
    await expect(gradientOf(scan(body, 1, 'start x'), [1, 2], [1, 2])).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATOR',
      message: expect.stringContaining('depends on the steps before it'),
    });
  });
});
