import { type Expression, sub } from '../../compute/program.ts';
import { byPlayer, sumOfFeatures } from './by-player.ts';
import type { Copies } from './copies.ts';
import type { RowAttributions } from './method.ts';

/** What is attributed to the carriers of copies, one of which is the row itself, beside the f(x) − f(b) that it should add up to. */
export function complete(
  copies: Copies,
  atRow: number,
  { f, baseline, attributed }: { f: Expression; baseline: Expression; attributed: (name: string) => Expression },
): RowAttributions {
  const { subject, carriers } = copies;
  const attributions = byPlayer(subject, carriers, attributed, (name) => copies.tensorOf(name, atRow));
  const target = copies.one(f, atRow);
  return {
    ...attributions,
    target,
    baseline,
    gap: sub(sumOfFeatures(attributions.sums, subject), sub(target, baseline)),
    atRows: (value) => copies.one(value, atRow),
    ...copies.program(),
  };
}
