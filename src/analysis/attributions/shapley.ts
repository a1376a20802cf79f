import {
  abs,
  add,
  cast,
  concat,
  constant,
  div,
  type Expression,
  gather,
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
import type { Batch } from '../../data/types.ts';
import type { Subject } from '../analysis.ts';
import { targetOf } from '../target.ts';
import { sumOfFeatures, withGroups } from './by-player.ts';
import type { AttributionSpec, Method } from './method.ts';
import { copyOf, eachOf, perturbed, perturbedInputs } from './perturbed.ts';
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
    const count = copyCount(samples, featureCount);
    const f = eachOf(count, targetOf(subject, spec.target));
    const [baseline, target] = [copyOf(f, 0), copyOf(f, 1)];
    const repeated = (figures: Expression): Expression =>
      add(reshape(figures, [1, 1, -1]), constant(float32([samples, 1, 1], new Float32Array(samples))));
    const between = featureCount === 1 ? [] : [reshape(slice(f, 0, 2, count), [samples, featureCount - 1, -1])];
    const growing = concat([repeated(baseline), ...between, repeated(target)], 1);
    const steps = sub(slice(growing, 1, 1, featureCount + 1), slice(growing, 1, 0, featureCount));
    const added = gather(reshape(steps, [-1]), parameter('steps', 'int64', [samples, null, featureCount]), 0);
    const sums = withGroups(subject, div(reduceSum(added, [0]), scalar(samples)));
    return {
      norms: abs(sums),
      sums,
      target,
      baseline,
      gap: sub(sumOfFeatures(sums, subject), sub(target, baseline)),
      atRows: (value) => copyOf(eachOf(count, value), 1),
      ...perturbed(spec, subject, count, { columns: coalitions(samples, featureCount), columnOf: (at) => at }),
    };
  },
  inputs(spec, subject, batch) {
    const { features } = subject;
    const all = features.map((_, at) => at);
    const between = ordersOf(spec, subject, batch).flatMap((orders) =>
      all.slice(1).map((joined) => (row: number) => (orders[row] as Uint32Array).subarray(joined)),
    );
    return perturbedInputs(spec, subject, batch, [() => all, () => [], ...between]);
  },
  parameters(spec, subject, batch) {
    const featureCount = subject.features.length;
    const { rowCount } = batch;
    const samples = ordersOf(spec, subject, batch);
    const ranks = new Float32Array(samples.length * rowCount * featureCount);
    const steps = new BigInt64Array(ranks.length);
    for (const [sample, orders] of samples.entries())
      for (const [row, order] of orders.entries())
        for (const [rank, feature] of order.entries()) {
          const place = (sample * rowCount + row) * featureCount + feature;
          ranks[place] = rank;
          steps[place] = BigInt((sample * featureCount + rank) * rowCount + row);
        }
    const dims = [samples.length, rowCount, featureCount];
    return { ranks: float32(dims, ranks), steps: { dtype: 'int64', dims, data: steps } };
  },
};

/** Nobody, everybody, and in every order those in its first 1, 2, … places. */
const copyCount = (samples: number, featureCount: number): number => 2 + samples * (featureCount - 1);

/** Of every sample and row: the features in the order in which they join. */
function ordersOf(
  { samples = 25, seed = 0 }: AttributionSpec,
  { features }: Subject,
  { index }: Pick<Batch, 'index'>,
): Uint32Array[][] {
  return Array.from({ length: samples }, (_, sample) =>
    Array.from(index, (row) => new Draw(seed, row, sample).order(features.length)),
  );
}

/** [copies · rows, features]: who is there. */
function coalitions(samples: number, featureCount: number): Expression {
  const ones = mul(
    reshape(onesPerRow(), [-1, 1]),
    constant(float32([1, featureCount], new Float32Array(featureCount).fill(1))),
  );
  const ends = [mul(ones, scalar(0)), ones];
  if (featureCount === 1) return concat(ends, 0);
  const ranks = reshape(parameter('ranks', 'float32', [samples, null, featureCount]), [samples, 1, -1, featureCount]);
  const joined = constant(
    float32(
      [1, featureCount - 1, 1, 1],
      Array.from({ length: featureCount - 1 }, (_, at) => at + 1),
    ),
  );
  const first = cast(less(ranks, joined), 'float32');
  return concat([...ends, reshape(first, [-1, featureCount])], 0);
}
