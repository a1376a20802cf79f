import { reduceMean, reshape, slice, sub } from '../../compute/program.ts';
import { copiesOf } from '../../data/batches/copies.ts';
import { playersOf } from '../players.ts';
import { targetOf } from '../target.ts';
import { oneNumberEach } from './ablation.ts';
import { onCopies } from './inputs.ts';
import type { Method } from './method.ts';
import { copyOf, eachOf } from './perturbed.ts';

/**
 * f(x) − f(x with a feature's value of another row), the mean over samples (after Breiman 2001, row by row); a group takes the values of
 * one other row at once. Which row it is: the one so many places further among all selected rows, from the last on to the first again,
 * a distance that is drawn for each sample and never zero. Every row lends its values exactly once a sample, none to itself.
 */
export const permutation: Method = {
  rows(spec, subject) {
    const { samples = 1 } = spec;
    const playerCount = playersOf(subject).length;
    // Every player in every sample, and the row itself.
    const count = samples * playerCount + 1;
    const f = eachOf(count, targetOf(subject, spec.target));
    const permuted = reshape(slice(f, 0, 0, count - 1), [samples, playerCount, -1]);
    return {
      ...oneNumberEach(sub(slice(f, 0, count - 1, count), reduceMean(permuted, [0]))),
      target: copyOf(f, count - 1),
      atRows: (value) => copyOf(eachOf(count, value), count - 1),
      ...onCopies(count, subject),
      others: { count: samples, seed: spec.seed ?? 0 },
    };
  },
  inputs(_, subject, batch) {
    const otherRow = (row: number): number => row;
    const permuted = (batch.others ?? []).flatMap((other) =>
      playersOf(subject).map(({ members }) => ({ replaced: () => members, other, otherRow })),
    );
    return copiesOf(batch, subject.features, [...permuted, { replaced: () => [], other: batch, otherRow }]);
  },
};
