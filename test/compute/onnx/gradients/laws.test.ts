import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as p from '../../../../src/compute/program.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { type ModelText, modelOf, opened, run, valuesOf } from '../models.ts';
import { expectAgreement } from './differences.ts';
import { some } from './numbers.ts';

/** Operators that are smooth everywhere, from [2, 3] to [2, 3], and how many tensors they take. */
const steps: readonly (readonly [operator: string, operands: number, attributes?: Record<string, number>])[] = [
  ['Add', 2],
  ['Mul', 2],
  ['Sub', 2],
  ['Sigmoid', 1],
  ['Tanh', 1],
  ['Sin', 1],
  ['Softmax', 1, { axis: 1 }],
  ['Identity', 1],
];

/** Any graph of them: each node reads tensors that are there before it, and the last one is added to a. */
const graphs = fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 });

function modelFrom(choices: readonly (readonly [number, number, number])[], dtype: 'float32' | 'float64'): ModelText {
  const names = ['a', 'b'];
  const nodes = choices.map(([step, first, second]): ModelText['nodes'][number] => {
    const [operator, operands, attributes = {}] = steps[step] ?? ['Identity', 1];
    const inputs = [first, second].slice(0, operands).map((at) => names[at % names.length]);
    names.push(`t${names.length}`);
    return [operator, inputs.join(' '), names.at(-1) ?? '', attributes];
  });
  nodes.push(['Add', `${names.at(-1)} a`, 'y']);
  return { inputs: { a: [dtype, [null, 3]], b: [dtype, [1, 3]] }, nodes, outputs: 'y' };
}

/** Columns of a matrix, each part as a slice or as a list of places: [first, last] or places. */
const column = fc.nat(4);
const parts = fc.array(
  fc.oneof(
    fc.tuple(column, column).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 })),
    fc.array(column, { minLength: 1, maxLength: 3 }).map((places) => ({ places })),
    column.map((place) => ({ place })),
  ),
  { minLength: 1, maxLength: 5 },
);
type Part = { from: number; to: number } | { places: number[] } | { place: number };

/** σ(Σ of the parts side by side, each squared): what models do that take their features from one matrix. */
function columnsModel(taken: readonly Part[]): ModelText {
  const weights: ModelText['weights'] = { axis: int64([1], [1]) };
  const nodes = taken.flatMap((part, at): ModelText['nodes'] => {
    if ('from' in part) {
      Object.assign(weights, { [`s${at}`]: int64([1], [part.from]), [`e${at}`]: int64([1], [part.to]) });
      return [['Slice', `x s${at} e${at} axis`, `part${at}`]];
    }
    const isOne = 'place' in part;
    weights[`i${at}`] = isOne ? int64([], [part.place]) : int64([part.places.length], part.places);
    const gathered: ModelText['nodes'][number] = ['Gather', `x i${at}`, isOne ? `flat${at}` : `part${at}`, { axis: 1 }];
    return isOne ? [gathered, ['Unsqueeze', `flat${at} axis`, `part${at}`]] : [gathered];
  });
  const all = taken.map((_, at) => `part${at}`).join(' ');
  nodes.push(
    ['Concat', all, 'features', { axis: 1 }],
    ['Mul', 'features features', 'squares'],
    ['ReduceSum', 'squares axis', 'logit'],
    ['Sigmoid', 'logit', 'y'],
  );
  return { inputs: { x: ['float64', [null, 5]] }, weights, nodes, outputs: 'y' };
}

describe('gradients of any columns that a model takes from its matrix', () => {
  test('agree with differences, to second order', async () => {
    const inputs = { x: some([2, 5]) };
    await fc.assert(
      fc.asyncProperty(parts, async (taken) => {
        const model = modelOf(columnsModel(taken));
        await expectAgreement({ model, inputs, targets: ['y'], wanted: ['x'], order: 2, single: false });
      }),
      { seed: 3, numRuns: 30 },
    );
  });
});

describe('gradients of any graph', () => {
  test('agree with differences, to second order', async () => {
    const inputs = { a: some([2, 3]), b: some([1, 3]) };
    await fc.assert(
      fc.asyncProperty(graphs, async (choices) => {
        const model = modelFrom(choices, 'float64');
        const wanted = ['a', 'b'];
        await expectAgreement({
          model: modelOf(model),
          inputs,
          targets: ['y'],
          wanted,
          order: 2,
          single: false,
        });
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  test('are linear in what is differentiated', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (choices) => {
        const open = await opened(modelOf(modelFrom(choices, 'float32')));
        const [f, g, x] = [p.tensor('y'), p.mul(p.tensor('a'), p.tensor('a')), p.tensor('a')];
        const combination = p.add(p.mul(f, p.scalar(2)), g);
        const outputs = { whole: p.gradient(combination, x), f: p.gradient(f, x), g: p.gradient(g, x) };
        const inputs = { a: float32([2, 3], some([2, 3]).data as Float64Array), b: float32([1, 3], [1, -1, 2]) };
        const found = await run(open, { outputs }, inputs);
        const sums = valuesOf(found.f).map((value, at) => 2 * value + (valuesOf(found.g)[at] ?? 0));
        for (const [at, value] of valuesOf(found.whole).entries()) expect(value).toBeCloseTo(sums[at] ?? Number.NaN, 4);
      }),
      { seed: 2, numRuns: 20 },
    );
  });
});
