import { type Expression, mul, multiplier, sub, tensor } from '../../compute/program.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { baselineCarriers } from './baseline.ts';
import { byPlayer, sumOfFeatures } from './by-player.ts';
import { Copies } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { Method } from './method.ts';
import { forAll, ofCopies } from './positions.ts';

/** (x − b) · m, with the multipliers m of the rescale rule between the baseline b and the row x (Shrikumar et al. 2017). */
export const deepLift: Method = {
  rows(spec, subject) {
    const carriers = carriersOfFeatures(subject);
    // In the order that multipliers want: at the baseline, and the row itself.
    const [atBaseline, atRow] = [0, 1];
    const copies = new Copies(subject, carriers, {
      count: 2,
      positions: forAll(ofCopies([[0], [1]])),
      baseline: baselineCarriers(spec, subject),
    });
    const f = targetOf(subject, spec.target);
    const attributed = (name: string): Expression => {
      const way = sub(copies.tensorOf(name, atRow), copies.tensorOf(name, atBaseline));
      return mul(way, copies.one(multiplier(f, tensor(name)), atRow, rowDimsOf(subject, name)));
    };
    const attributions = byPlayer(subject, carriers, attributed, (name) => copies.tensorOf(name, atRow));
    const [target, baseline] = [copies.one(f, atRow), copies.one(f, atBaseline)];
    return {
      ...attributions,
      target,
      baseline,
      gap: sub(sumOfFeatures(attributions.sums, subject), sub(target, baseline)),
      atRows: (value) => copies.one(value, atRow),
      ...copies.program(),
    };
  },
};
