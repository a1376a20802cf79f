import { describe, expect, test } from 'vitest';
import { above, bool, float64, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const pick = [1, 0, 0, 1, 1, 0];

describe('the gradient of', () => {
  test.each([
    trial('Identity', [some([2, 3])]),
    trial('Cast', [some([2, 3])], { attributes: { to: 11 } }),
    trial('CastLike', [some([2, 3]), float64([1], [0])], { wanted: [0] }),
    trial('Add', [some([2, 3]), some([2, 3])]),
    trial('Sub', [some([2, 3]), some([2, 3])]),
    trial('Mul', [some([2, 3]), some([2, 3])]),
    trial('Div', [some([2, 3]), above([2, 3])]),
    trial('Sum', [some([2, 3]), some([2, 3]), some([3])]),
    trial('Mean', [some([2, 3]), some([2, 3]), some([3])], { single: true }),
    trial('Neg', [some([2, 3])]),
    trial('Abs', [some([2, 3])]),
    trial('Reciprocal', [above([2, 3])]),
    trial('Pow', [above([2, 3]), some([2, 3])]),
    trial('Pow', [some([2, 3]), float64([], [2])], { wanted: [0] }),
    trial('Pow', [some([2, 3]), float64([3], [0, 1, 2])], { wanted: [0] }),
    trial('Sqrt', [above([2, 3])]),
    trial('Exp', [some([2, 3])]),
    trial('Log', [above([2, 3])]),
    trial('Erf', [some([2, 3])], { single: true }),
    trial('Sin', [some([2, 3])]),
    trial('Cos', [some([2, 3])]),
    trial('Tan', [some([2, 3])], { single: true }),
    trial('Asin', [some([2, 3], 0.7)], { single: true }),
    trial('Acos', [some([2, 3], 0.7)], { single: true }),
    trial('Atan', [some([2, 3])], { single: true }),
    trial('Sinh', [some([2, 3])], { single: true }),
    trial('Cosh', [some([2, 3])], { single: true }),
    trial('Tanh', [some([2, 3])]),
    trial('Asinh', [some([2, 3])], { single: true }),
    trial('Acosh', [some([2, 3], 0.3, 2)], { single: true }),
    trial('Atanh', [some([2, 3], 0.5)], { single: true }),
    trial('Where', [bool([2, 3], pick), some([2, 3]), some([2, 3])]),
    trial('Max', [some([2, 3]), some([2, 3]), some([2, 3])]),
    trial('Max', [some([2, 3])]),
    trial('Min', [some([2, 3]), some([3])]),
    trial('Min', [some([2, 3]), some([3])], { opset: 8 }),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));
});

describe('broadcasting is undone', () => {
  test.each([
    trial('Add', [some([2, 3]), some([3])]),
    trial('Sub', [some([2, 1]), some([3])]),
    trial('Mul', [some([4, 1, 3]), some([2, 1])]),
    trial('Div', [some([]), above([2, 3])]),
    trial('Pow', [above([2, 1, 3]), some([4, 1])]),
    trial('Where', [bool([2, 1], [1, 0]), some([2, 3]), some([])]),
    trial('Max', [some([2, 1]), some([2, 3]), some([])]),
    trial('Sum', [some([2, 1]), some([3]), some([])]),
  ])('in %s, also where sizes are known at run time only', async (_, given) => {
    await expectExact(given);
    await expectExact({ ...given, dynamic: true });
    await expectExact({ ...given, dynamic: true, opset: 12 });
  });

  test('of rows that a graph does not know to be one: an error, and no wrong number', async () => {
    const given = trial('Mul', [some([1, 3]), some([2, 3])], { dynamic: true });
    await expect(expectExact(given[1])).rejects.toThrow(/Reshape/);
  });

  test.each([7, 8, 9, 11, 13])('in opset %i', async (opset) => {
    await expectExact({ operator: 'Mul', inputs: [some([2, 1]), some([3])], opset });
  });
});
