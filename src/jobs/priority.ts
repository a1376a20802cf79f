/** Rows below which a pass has a lane of its own: a page waits for it. */
const smallPassRows = 100_000;

/** pg-boss takes the highest first. */
export const smallPassPriority = 1000;

/** Cheap passes first, by the order of magnitude of the numbers that they look at; those of a kind in their order. */
export function priorityOf({ rowCount, questionCount }: { rowCount: number; questionCount: number }): number {
  const magnitude = Math.round(Math.log2(1 + rowCount * questionCount));
  return (rowCount < smallPassRows ? smallPassPriority + 100 : smallPassPriority - 100) - magnitude;
}
