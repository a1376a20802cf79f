import type { PairedSlice } from '../../analysis/comparison/figures.ts';
import { comparisonPlot, type DifferenceOnSlice } from '../../plots/comparison.ts';
import { comparisonOf, comparisonSlicesBy } from '../../questions/changes/comparison.ts';
import { differenceInterval, normalPValue, usualLevel } from '../../questions/intervals.ts';
import { orNull } from '../../questions/or-null.ts';
import { titleOf } from '../../questions/structure.ts';
import { builder } from '../builder/builder.ts';
import { Interval } from '../shared/interval.ts';
import { Comparison } from '../shared/references.ts';

const ComparisonSlice = builder.objectRef<PairedSlice>('ComparisonSlice').implement({
  description:
    'Two models on a part of the rows. Differences are the candidate’s minus the base’s, paired on the same rows.',
  fields: (t) => ({
    slice: t.exposeString('slice', { description: 'Name of the part: a partition, or a value of the column.' }),
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Rows that both models have scored, with a label or without.',
      resolve: ({ rowCount }) => rowCount,
    }),
    baseAuc: t.float({
      nullable: true,
      description: 'Area under the ROC curve of the base.',
      resolve: ({ baseAuc }) => orNull(baseAuc),
    }),
    candidateAuc: t.float({
      nullable: true,
      description: 'Area under the ROC curve of the candidate.',
      resolve: ({ candidateAuc }) => orNull(candidateAuc),
    }),
    aucDifference: t.float({
      nullable: true,
      description: 'The candidate’s AUC minus the base’s.',
      resolve: ({ aucDifference }) => orNull(aucDifference),
    }),
    aucDifferenceInterval: t.field({
      type: Interval,
      nullable: true,
      description: 'DeLong’s confidence interval of the difference; null with fewer than two rows of a class.',
      args: {
        level: t.arg.float({ defaultValue: usualLevel, description: 'The level of confidence, between 0 and 1.' }),
      },
      resolve: ({ aucDifference, aucDifferenceVariance }, { level }) =>
        differenceInterval(aucDifference, aucDifferenceVariance, level ?? usualLevel),
    }),
    aucPValue: t.float({
      nullable: true,
      description: 'Two-sided DeLong test of the difference; null where its variance is zero or does not exist.',
      resolve: ({ aucDifference, aucDifferenceVariance }) => normalPValue(aucDifference, aucDifferenceVariance),
    }),
    logLossDifference: t.float({
      nullable: true,
      description: 'The candidate’s mean log loss minus the base’s; null without labels.',
      resolve: ({ logLossDifference }) => orNull(logLossDifference),
    }),
    meanScoreDifference: t.exposeFloat('meanScoreDifference', {
      description: 'The candidate’s mean score minus the base’s.',
    }),
  }),
});

function drawn({ slice, aucDifference, aucDifferenceVariance, rowCount }: PairedSlice): DifferenceOnSlice {
  const interval = differenceInterval(aucDifference, aucDifferenceVariance, usualLevel);
  const ends = { low: interval?.low ?? null, high: interval?.high ?? null };
  return { slice, difference: orNull(aucDifference), ...ends, rows: rowCount };
}

/** How much better the candidate is. */
builder.objectFields(Comparison, (t) => ({
  aucDifference: t.float({
    nullable: true,
    description: 'The candidate’s AUC minus the base’s, on the rows that both have scored; null with a single class.',
    resolve: async (of, _, context) => orNull((await comparisonOf(context, of)).value.aucDifference),
  }),
  aucDifferenceInterval: t.field({
    type: Interval,
    nullable: true,
    description: 'DeLong’s confidence interval of the difference; null with fewer than two rows of a class.',
    args: {
      level: t.arg.float({ defaultValue: usualLevel, description: 'The level of confidence, between 0 and 1.' }),
    },
    async resolve(of, { level }, context) {
      const { aucDifference, aucDifferenceVariance } = (await comparisonOf(context, of)).value;
      return differenceInterval(aucDifference, aucDifferenceVariance, level ?? usualLevel);
    },
  }),
  aucPValue: t.float({
    nullable: true,
    description:
      'Two-sided DeLong test on the same rows, 0 where it is below 1e-15; null where the variance of the difference is zero or does not exist.',
    async resolve(of, _, context) {
      const { aucDifference, aucDifferenceVariance } = (await comparisonOf(context, of)).value;
      return normalPValue(aucDifference, aucDifferenceVariance);
    },
  }),
  logLossDifference: t.float({
    nullable: true,
    description: 'The candidate’s mean log loss minus the base’s; null without labels.',
    resolve: async (of, _, context) => orNull((await comparisonOf(context, of)).value.logLossDifference),
  }),
}));

/** The same on parts of the rows. */
builder.objectFields(Comparison, (t) => ({
  byPartition: t.field({
    type: [ComparisonSlice],
    description: 'One for each partition of the rows, in order; empty without partitions.',
    resolve: async (of, _, context) => (await comparisonOf(context, of)).value.byPartition,
  }),
  slices: t.field({
    type: [ComparisonSlice],
    nullable: true,
    description: 'One for each value of a column, most rows first; numbers with many values are cut at their deciles.',
    args: {
      by: t.arg.string({ required: true, description: 'A column of the dataset.' }),
      first: t.arg.int({ defaultValue: 20, description: 'The largest number of slices, up to 1,000.' }),
    },
    resolve: (of, args, context) => comparisonSlicesBy(context, of, args),
  }),
  plot: t.field({
    type: 'VegaLite',
    nullable: true,
    description: 'The difference of the AUCs by partition, with its interval; without partitions, of all rows.',
    async resolve(of, _, context) {
      const { value } = await comparisonOf(context, of);
      const slices = value.byPartition.length > 0 ? value.byPartition : [{ slice: 'all rows', ...value }];
      return comparisonPlot(slices.map(drawn), titleOf(of.candidate), titleOf(of.base));
    },
  }),
}));
