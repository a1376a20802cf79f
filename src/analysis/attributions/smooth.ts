import {
  constant,
  type Expression,
  gradient,
  matmul,
  mul,
  reshape,
  slice,
  sub,
  tensor,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { byPlayer } from './by-player.ts';
import { Copies } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { Method } from './method.ts';
import { noiseOf, noiseValues } from './noise.ts';

/**
 * Of gradients at rows with Gaussian noise on their carriers: the mean (SmoothGrad, Smilkov et al. 2017), the mean of squares (Hooker et
 * al. 2019), the variance, dividing by their number (VarGrad, Adebayo et al. 2018).
 */
export const smooth: Method = {
  rows(spec, subject) {
    const carriers = carriersOfFeatures(subject);
    const samples = spec.samples ?? 25;
    // Samples, and the row itself behind them.
    const copies = new Copies(subject, carriers, { count: samples + 1, noise: noiseOf(subject) });
    const f = targetOf(subject, spec.target);
    const weights = new Float32Array(samples).fill(1 / samples);
    const mean = (values: Expression): Expression => matmul(constant(float32([1, samples], weights)), values);
    const attributed = (name: string): Expression => {
      const slopes = slice(copies.each(gradient(f, tensor(name))), 0, 0, samples);
      const about = spec.method === 'VARGRAD' ? sub(slopes, mean(slopes)) : slopes;
      const result = spec.method === 'SMOOTHGRAD' ? mean(slopes) : mean(mul(about, about));
      return reshape(result, [-1, ...rowDimsOf(subject, name)]);
    };
    return {
      ...byPlayer(subject, carriers, attributed, (name) => copies.tensorOf(name, samples)),
      target: copies.one(f, samples),
      atRows: (value) => copies.one(value, samples),
      ...copies.program(),
    };
  },
  parameters: (spec, subject, batch) => noiseValues(spec, (spec.samples ?? 25) + 1, subject, batch),
};
