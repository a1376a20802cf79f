import { abs, type Expression, slice, sub, transpose } from '../../compute/program.ts';
import type { Subject } from '../analysis.ts';
import { playersOf } from '../players.ts';
import { targetOf } from '../target.ts';
import type { Method } from './method.ts';
import { copyOf, eachOf, perturbed } from './perturbed.ts';
import { ofCopies } from './positions.ts';

/**
 * f(x) − f(x with a feature at the baseline); a group goes there at once (Zeiler and Fergus 2014). By the forward pass alone, also of a
 * model that has no gradient.
 */
export const ablation: Method = {
  rows(spec, subject) {
    const withoutPlayers = withoutEach(subject);
    const playerCount = withoutPlayers.length;
    const featureCount = subject.features.length;
    // Every player, all of them together, and the row itself.
    const positions = [
      ...withoutPlayers,
      new Array<number>(featureCount).fill(0),
      new Array<number>(featureCount).fill(1),
    ];
    const count = positions.length;
    const columns = ofCopies(positions);
    const f = eachOf(count, targetOf(subject, spec.target));
    return {
      ...oneNumberEach(sub(slice(f, 0, count - 1, count), slice(f, 0, 0, playerCount))),
      target: copyOf(f, count - 1),
      baseline: copyOf(f, count - 2),
      atRows: (value) => copyOf(eachOf(count, value), count - 1),
      ...perturbed(spec, subject, count, { columns, columnOf: (at) => at }),
    };
  },
};

/** Of every player: features that are not its members are at the row. */
export const withoutEach = (subject: Subject): number[][] =>
  playersOf(subject).map(({ members }) => subject.features.map((_, at) => (members.includes(at) ? 0 : 1)));

/** Attributions that are one number a row and player, [players, rows]. */
export function oneNumberEach(byPlayer: Expression): { norms: Expression; sums: Expression } {
  const sums = transpose(byPlayer, [1, 0]);
  return { norms: abs(sums), sums };
}
