import { aliveInput, aliveUse, isAlive, kindOf, type Lives } from './alive.ts';
import { type Ranges, Sign } from './ranges.ts';
import type { Vjp } from './rule.ts';
import type { Site } from './site.ts';
import type { Value } from './value.ts';

/**
 * The vector-Jacobian product of an input, and 0 where the target does not depend on the output at all: a factor that is infinite or
 * NaN there, behind a condition that does not take it, counts for nothing. It costs nothing where all factors are finite, or all
 * of the output is alive. A factor that is infinite where the output is alive stays so: then there is no derivative.
 */
export function guarded(vjp: Vjp, site: Site, index: number, lives: Lives, ranges: Ranges): Value {
  // Before opset 9 no model has conditions, and nothing chooses between tensors.
  if (site.opset < 9 || !isHazardous(site, index, ranges)) return vjp(site, index);
  const alive = lives.get(site.y.name);
  if (alive === undefined || alive === 'everywhere') return vjp(site, index);
  if (kindOf(site.node) !== 'multiplies') return vjp(site, index).where(isAlive(aliveUse(site, index, lives)));
  const cleaned = site.reading((input, other) => {
    const part = other === index ? 'everywhere' : aliveInput(site, other, lives);
    return part === 'everywhere' ? input : input.where(isAlive(part.value()));
  });
  return vjp(cleaned, index);
}

/** Whether the derivative has a factor that may be infinite or NaN. */
function isHazardous(site: Site, index: number, ranges: Ranges): boolean {
  const { node } = site;
  const isWild = (name: string): boolean => name !== '' && ranges.of(name).isWild;
  switch (kindOf(node)) {
    case undefined:
    case 'moves':
      return false;
    case 'multiplies':
      return node.input.some((name, other) => other !== index && isWild(name));
    default:
      if (plain.has(node.opType)) return false;
      return isSteep(site, index, ranges) || [...node.input, node.output[0] ?? ''].some(isWild);
  }
}

/** Their derivatives are numbers. */
const plain: ReadonlySet<string> = new Set(['Sub', 'Neg']);

/** Whether the derivative may be infinite though the function is not, at the numbers that the input may have. */
function isSteep({ node: { opType, input } }: Site, index: number, ranges: Ranges): boolean {
  const isAbove = (at: number): boolean => ranges.of(input[at] ?? '').sign === Sign.POSITIVE;
  switch (opType) {
    case 'Div':
    case 'Mod':
      return !isAbove(1);
    case 'Reciprocal':
    case 'Log':
    case 'Sqrt':
    case 'ReduceLogSum':
      return !isAbove(0);
    case 'Pow':
      return !isAbove(0) && !(index === 0 && (ranges.constantOf(input[1] ?? '') ?? 0) >= 1);
    case 'Asin':
    case 'Acos':
    case 'Acosh':
    case 'Atanh':
      return true;
    default:
      return false;
  }
}
