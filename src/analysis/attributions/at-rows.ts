import { abs, type Expression, gradient, mul, tensor } from '../../compute/program.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { byPlayer } from './by-player.ts';
import type { Method } from './method.ts';

/** |∂f/∂x| or x · ∂f/∂x (Simonyan et al. 2014; Shrikumar et al. 2016). */
export const atRows: Method = {
  rows({ method, target }, subject) {
    const f = targetOf(subject, target);
    const attributed = (name: string): Expression => {
      const slope = gradient(f, tensor(name));
      return method === 'SALIENCY' ? abs(slope) : mul(tensor(name), slope);
    };
    return {
      ...byPlayer(subject, carriersOfFeatures(subject), attributed, (name) => tensor(name)),
      target: f,
      atRows: (value) => value,
    };
  },
};
