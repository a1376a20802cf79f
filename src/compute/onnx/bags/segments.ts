import type { Value } from '../gradients/value.ts';

/** Rows in bags that lie one behind the other. */
export interface Bags {
  /** [rows, width]. */
  readonly rows: Value;
  /** [bags + 1]: where each bag starts, and where the last one ends. */
  readonly boundaries: Value;
  readonly isMean: boolean;
}

/**
 * [bags, width]: the sum or the mean of the rows of each bag, zeros for one that is empty (PyTorch, EmbeddingBag). A mark at each
 * boundary, added up from the left, numbers the bags; every row is added to its bag. Rows outside of all bags go to a last one,
 * which is cut off. In opset 16 or later.
 */
export function bagged({ rows, boundaries: given, isMean }: Bags): Value {
  const boundaries = given.cast('int64');
  const total = rows.sizes().slice(0, 0, 1);
  const none = boundaries.op('Expand', [boundaries.scalar(0), total.add(1)]);
  const one = boundaries.op('Expand', [boundaries.scalar(1), boundaries.sizes()]);
  const marks = none.op('ScatterElements', [none, boundaries, one], { axis: 0, reduction: 'add' });
  const numbers = marks.op('CumSum', [marks, marks.scalar(0)]).sub(1);
  const places = numbers.op('Slice', [numbers, numbers.integers([0]), total]).unsqueeze([1]);
  const width = rows.sizes().slice(0, 1, 2);
  const zeros = rows.op('Expand', [rows.scalar(0), boundaries.sizes().concat([width], 0)]);
  const sums = zeros.op('ScatterND', [zeros, places, rows], { reduction: 'add' }).slice(0, 0, -1);
  if (!isMean) return sums;
  const counts = boundaries.slice(0, 1, Number.MAX_SAFE_INTEGER).sub(boundaries.slice(0, 0, -1));
  const divisor = counts.op('Max', [counts, counts.scalar(1)]);
  return sums.div(divisor.castLike(rows).unsqueeze([1]));
}
