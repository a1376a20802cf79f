/** A multiplication (or division) or an addition (or subtraction) of a constant. */
export interface AffineStep {
  readonly operation: 'SCALE' | 'SHIFT';
  /** The constant has a value for each unit, not one for all. */
  readonly isPerUnit: boolean;
}

/**
 * Whether the steps that begin with this node are a normalisation that an exporter wrote out: they scale and shift by constants, of which
 * some differ between units. An activation that was written out scales and shifts, too, but all units alike. `nextOf`: the only reader
 * of a node's output; undefined where there are more.
 */
export function isNormalization<Node>(
  first: Node,
  stepOf: (node: Node) => AffineStep | undefined,
  nextOf: (node: Node) => Node | undefined,
): boolean {
  const operations = new Set<AffineStep['operation']>();
  let isPerUnit = false;
  for (let node: Node | undefined = first; node !== undefined; node = nextOf(node)) {
    const step = stepOf(node);
    if (step === undefined) break;
    operations.add(step.operation);
    isPerUnit ||= step.isPerUnit;
  }
  return isPerUnit && operations.size === 2;
}
