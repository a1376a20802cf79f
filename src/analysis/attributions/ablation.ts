import { abs, type Expression, slice, sub, transpose } from '../../compute/program.ts';
import type { Subject } from '../analysis.ts';
import { playersOf } from '../players.ts';
import { targetOf } from '../target.ts';
import type { Method } from './method.ts';
import { copyOf, eachOf, perturbed, perturbedInputs } from './perturbed.ts';
import { ofCopies } from './positions.ts';

/**
 * f(x) − f(x with a feature at the baseline); a group goes there at once (Zeiler and Fergus 2014). By the forward pass alone, also of a
 * model that has no gradient.
 */
export const ablation: Method = {
  rows(spec, subject) {
    const without = removedIn(subject);
    const count = without.length;
    const present = without.map((absent) => subject.features.map((_, at) => (absent.includes(at) ? 0 : 1)));
    const f = eachOf(count, targetOf(subject, spec.target));
    return {
      ...oneNumberEach(sub(slice(f, 0, count - 1, count), slice(f, 0, 0, count - 2))),
      target: copyOf(f, count - 1),
      baseline: copyOf(f, count - 2),
      atRows: (value) => copyOf(eachOf(count, value), count - 1),
      ...perturbed(spec, subject, count, { columns: ofCopies(present), columnOf: (at) => at }),
    };
  },
  inputs: (spec, subject, batch) =>
    perturbedInputs(
      spec,
      subject,
      batch,
      removedIn(subject).map((absent) => () => absent),
    ),
};

/** What each copy is without: every player, all features together, and for the row itself nothing. */
const removedIn = (subject: Subject): (readonly number[])[] => [
  ...playersOf(subject).map(({ members }) => members),
  subject.features.map((_, at) => at),
  [],
];

/** Attributions that are one number a row and player, [players, rows]. */
export function oneNumberEach(byPlayer: Expression): { norms: Expression; sums: Expression } {
  const sums = transpose(byPlayer, [1, 0]);
  return { norms: abs(sums), sums };
}
