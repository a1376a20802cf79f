import {
  abs,
  add,
  cast,
  concat,
  constant,
  div,
  type Expression,
  equal,
  less,
  mul,
  parameter,
  reduceSum,
  reshape,
  scalar,
  slice,
  sub,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import { targetOf } from '../target.ts';
import { sumOfFeatures, withGroups } from './by-player.ts';
import type { Method } from './method.ts';
import { copyOf, eachOf, perturbed } from './perturbed.ts';
import { onesPerRow } from './positions.ts';
import { Draw } from './random.ts';

/**
 * What a feature adds to f when it joins those before it in a random order, on average over orders (Castro et al. 2009); others are at the
 * baseline. Orders are drawn for every row. The values of a row add up to f(x) − f(baseline) in every order; a group's is the sum of its
 * features'.
 */
export const shapley: Method = {
  rows(spec, subject) {
    const samples = spec.samples ?? 25;
    const featureCount = subject.features.length;
    // Nobody, everybody, and in every order those in its first 1, 2, … places.
    const count = 2 + samples * (featureCount - 1);
    const ranks = reshape(parameter('ranks', 'float32', [samples, null, featureCount]), [samples, 1, -1, featureCount]);
    const f = eachOf(count, targetOf(subject, spec.target));
    const [baseline, target] = [copyOf(f, 0), copyOf(f, 1)];
    const repeated = (figures: Expression): Expression =>
      add(reshape(figures, [1, 1, -1]), constant(float32([samples, 1, 1], new Float32Array(samples))));
    const between = featureCount === 1 ? [] : [reshape(slice(f, 0, 2, count), [samples, featureCount - 1, -1])];
    const growing = concat([repeated(baseline), ...between, repeated(target)], 1);
    const steps = sub(slice(growing, 1, 1, featureCount + 1), slice(growing, 1, 0, featureCount));
    const isIts = cast(equal(ranks, numbers(0, featureCount)), 'float32');
    const added = reduceSum(mul(reshape(steps, [samples, featureCount, -1, 1]), isIts), [0, 1]);
    const sums = withGroups(subject, div(added, scalar(samples)));
    return {
      norms: abs(sums),
      sums,
      target,
      baseline,
      gap: sub(sumOfFeatures(sums, subject), sub(target, baseline)),
      atRows: (value) => copyOf(eachOf(count, value), 1),
      ...perturbed(spec, subject, count, { columns: coalitions(ranks, featureCount), columnOf: (at) => at }),
    };
  },
  parameters({ samples = 25, seed = 0 }, { features }, { index, rowCount }) {
    const ranks = new Float32Array(samples * rowCount * features.length);
    for (let sample = 0; sample < samples; sample++)
      for (let row = 0; row < rowCount; row++)
        ranks.set(
          new Draw(seed, index[row] as number, sample).ranks(features.length),
          (sample * rowCount + row) * features.length,
        );
    return { ranks: float32([samples, rowCount, features.length], ranks) };
  },
};

/** [copies · rows, features]: who is there. */
function coalitions(ranks: Expression, featureCount: number): Expression {
  const ones = mul(
    reshape(onesPerRow(), [-1, 1]),
    constant(float32([1, featureCount], new Float32Array(featureCount).fill(1))),
  );
  const ends = [mul(ones, scalar(0)), ones];
  if (featureCount === 1) return concat(ends, 0);
  const first = cast(less(ranks, numbers(1, featureCount)), 'float32');
  return concat([...ends, reshape(first, [-1, featureCount])], 0);
}

/** [1, to − from, 1, 1] */
const numbers = (from: number, to: number): Expression =>
  constant(
    float32(
      [1, to - from, 1, 1],
      Array.from({ length: to - from }, (_, at) => from + at),
    ),
  );
