import { type Expression, mul, multiplier, sub, tensor } from '../../compute/program.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { baselineCarriers } from './baseline.ts';
import { complete } from './complete.ts';
import { Copies } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { Method } from './method.ts';
import { forAll, ofCopies } from './positions.ts';

/** (x − b) · m, with the multipliers m of the rescale rule between the baseline b and the row x (Shrikumar et al. 2017). */
export const deepLift: Method = {
  rows(spec, subject) {
    // In the order that multipliers want: at the baseline, and the row itself.
    const [atBaseline, atRow] = [0, 1];
    const copies = new Copies(subject, carriersOfFeatures(subject), {
      count: 2,
      positions: forAll(ofCopies([[0], [1]])),
      baseline: baselineCarriers(spec, subject),
    });
    const f = targetOf(subject, spec.target);
    const attributed = (name: string): Expression => {
      const way = sub(copies.tensorOf(name, atRow), copies.tensorOf(name, atBaseline));
      return mul(way, copies.one(multiplier(f, tensor(name)), atRow, rowDimsOf(subject, name)));
    };
    return complete(copies, atRow, { f, baseline: copies.one(f, atBaseline), attributed });
  },
};
