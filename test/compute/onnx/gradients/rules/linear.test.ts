import { describe, test } from 'vitest';
import { some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const float = (value: number) => ({ float: value });
const equation = (text: string) => ({ attributes: { equation: text } });

describe('the gradient of', () => {
  test.each([
    trial('MatMul', [some([2, 3]), some([3, 4])]),
    trial('MatMul', [some([3]), some([3, 4])]),
    trial('MatMul', [some([2, 3]), some([3])]),
    trial('MatMul', [some([3]), some([3])]),
    trial('MatMul', [some([5, 2, 3]), some([3, 4])]),
    trial('MatMul', [some([2, 3]), some([5, 3, 4])]),
    trial('MatMul', [some([5, 1, 2, 3]), some([6, 3, 4])]),
    trial('MatMul', [some([3]), some([5, 3, 4])]),
    trial('MatMul', [some([5, 2, 3]), some([3])]),
    trial('Gemm', [some([2, 3]), some([3, 4]), some([4])], { attributes: { alpha: float(0.5), beta: float(2) } }),
    trial('Gemm', [some([3, 2]), some([3, 4]), some([2, 1])], { attributes: { transA: 1 } }),
    trial('Gemm', [some([2, 3]), some([4, 3]), some([])], { attributes: { transB: 1 } }),
    trial('Gemm', [some([3, 2]), some([4, 3])], { attributes: { transA: 1, transB: 1 } }),
    trial('Gemm', [some([3, 2]), some([4, 3]), some([4])], { opset: 9, attributes: { transA: 1, transB: 1 } }),
  ])('%s agrees with differences', async (_, given) => {
    await expectExact(given);
    if (given.opset === undefined) await expectExact({ ...given, dynamic: true });
  });

  test.each([
    ['ij,jk->ik', [some([2, 3]), some([3, 4])]],
    ['bij,bjk->bik', [some([5, 2, 3]), some([5, 3, 4])]],
    ['bhwij,bhwjk->bhwik', [some([2, 1, 2, 2, 3]), some([2, 1, 2, 3, 4])]],
    ['bi,bj->bij', [some([5, 2]), some([5, 3])]],
    ['ij,ij->', [some([2, 3]), some([2, 3])]],
    ['ij->j', [some([2, 3])]],
    ['ijk->kij', [some([2, 3, 4])]],
    ['...ij,jk->...ik', [some([5, 2, 3]), some([3, 4])]],
    ['bi,ij,bj->b', [some([5, 2]), some([2, 3]), some([5, 3])]],
    ['ij,jk', [some([2, 3]), some([3, 4])]],
  ])('Einsum %s agrees with differences', async (text, inputs) => {
    await expectExact({ operator: 'Einsum', inputs, ...equation(text) });
  });
});
