import {
  add,
  constant,
  type Expression,
  gradient,
  matmul,
  mul,
  parameter,
  reshape,
  sub,
  tensor,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import type { Batch } from '../../data/types.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { baselineCarriers } from './baseline.ts';
import { byPlayer, sumOfFeatures } from './by-player.ts';
import { Copies } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { AttributionSpec, Method } from './method.ts';
import { noiseOf, noiseValues } from './noise.ts';
import { forAll } from './positions.ts';
import { Draw } from './random.ts';

/** Of the sample that a row's place on the way is drawn for: elements of carriers are numbered from 0 on. */
const placeElement = 2 ** 31;

/**
 * The mean of (x − b) · ∂f/∂x at random places on the way from the baseline b to the row x, one place a row and sample for all features;
 * with noise, x is another one in each sample (Lundberg and Lee 2017; Erion et al. 2021). Complete in expectation.
 */
export const gradientShap: Method = {
  rows(spec, subject) {
    const carriers = carriersOfFeatures(subject);
    const samples = spec.samples ?? 25;
    const [atBaseline, atRow, count] = [samples, samples + 1, samples + 2];
    const noise = hasNoise(spec) ? noiseOf(subject) : undefined;
    const copies = new Copies(subject, carriers, {
      count,
      positions: forAll(parameter('places', 'float32', [null, 1])),
      baseline: baselineCarriers(spec, subject),
      noise,
    });
    const f = targetOf(subject, spec.target);
    const weights = new Float32Array(count).fill(1 / samples, 0, samples);
    const mean = (values: Expression): Expression => matmul(constant(float32([1, count], weights)), values);
    const attributed = (name: string): Expression => {
      const slopes = copies.each(gradient(f, tensor(name)));
      const way = reshape(sub(copies.tensorOf(name, atRow), copies.tensorOf(name, atBaseline)), [1, -1]);
      const smooth = mul(way, mean(slopes));
      const noisy = noise === undefined ? smooth : add(smooth, mean(mul(copies.each(noise(name)), slopes)));
      return reshape(noisy, [-1, ...rowDimsOf(subject, name)]);
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
  parameters: (spec, subject, batch) => ({
    places: placesOf(spec, batch),
    ...(hasNoise(spec) ? noiseValues(spec, (spec.samples ?? 25) + 2, subject, batch) : {}),
  }),
};

const hasNoise = ({ noise = 0 }: AttributionSpec): boolean => noise > 0;

function placesOf({ samples = 25, seed = 0 }: AttributionSpec, { index, rowCount }: Batch) {
  const places = new Float32Array((samples + 2) * rowCount);
  for (let sample = 0; sample < samples; sample++)
    for (let row = 0; row < rowCount; row++)
      places[sample * rowCount + row] = new Draw(seed, index[row] as number, sample).uniform(placeElement);
  return float32([places.length, 1], places.fill(1, (samples + 1) * rowCount));
}
