/**
 * Where a tensor of `rowCount` rows most likely has them: on the first axis of that size, else, several times each, on the first of several.
 * undefined where it cannot have them.
 */
export function rowAxisOf(shape: readonly number[], rowCount: number): number | undefined {
  const axis = shape.indexOf(rowCount);
  if (axis >= 0) return axis;
  const [first = 0] = shape;
  return shape.length > 1 && first > 0 && first % rowCount === 0 ? 0 : undefined;
}
