import type { Rules } from '../rule.ts';
import type { Value } from '../value.ts';
import { einsum } from './einsum.ts';

/** Products of matrices. */
export const linear: Rules = {
  MatMul: [
    ({ dy, a, b }) => {
      const gradient = productTransposed(asMatrices(dy, a, b), b.rank === 1 ? b.unsqueeze([1]) : b);
      return a.rank === 1 ? gradient.squeeze([-2]) : gradient;
    },
    ({ dy, a, b }) => {
      const gradient = (a.rank === 1 ? a.unsqueeze([0]) : a).transposed().matmul(asMatrices(dy, a, b));
      return b.rank === 1 ? gradient.squeeze([-1]) : gradient;
    },
  ],
  Gemm: [
    (site) => {
      const [transA, transB] = [site.int('transA', 0), site.int('transB', 0)];
      const { dy, b } = site;
      const gradient = transA ? gemm(b, dy, transB, 1) : gemm(dy, b, 0, 1 - transB);
      return gradient.mul(site.float('alpha', 1));
    },
    (site) => {
      const [transA, transB] = [site.int('transA', 0), site.int('transB', 0)];
      const { dy, a } = site;
      const gradient = transB ? gemm(dy, a, 1, transA) : gemm(a, dy, 1 - transA, 0);
      return gradient.mul(site.float('alpha', 1));
    },
    (site) => site.dy.mul(site.float('beta', 1)),
  ],
  Einsum: einsum,
};

/** The gradient of a product with a vector, with the axis that the vector does not have. */
function asMatrices(dy: Value, a: Value, b: Value): Value {
  const columns = b.rank === 1 ? dy.unsqueeze([-1]) : dy;
  return a.rank === 1 ? columns.unsqueeze([-2]) : columns;
}

/** a bᵀ. With one matrix b for all rows as a Gemm, since onnxruntime would keep a transposed copy of a constant matrix. */
export function productTransposed(a: Value, b: Value): Value {
  const width = a.shape.at(-1);
  if (b.rank !== 2 || typeof width !== 'number' || a.graph.opset < 11) return a.matmul(b.transposed());
  if (a.rank === 2) return gemm(a, b, 0, 1);
  const rows = gemm(a.reshape([-1, width]), b, 0, 1);
  const sizes = a.op('Concat', [a.sizes().slice(0, 0, a.rank - 1), b.sizes().slice(0, 0, 1)], { axis: 0 });
  return rows.reshape(sizes).sized([...a.shape.slice(0, -1), b.shape[0] ?? null]);
}

/** Matrices, each transposed first where its flag is 1. */
function gemm(a: Value, b: Value, transA: number, transB: number): Value {
  if (a.graph.opset >= 11) return a.op('Gemm', [a, b], { transA, transB });
  return (transA ? a.transposed() : a).matmul(transB ? b.transposed() : b);
}
