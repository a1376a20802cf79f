import jstat from 'jstat';
import type { EvaluationResult, SliceResult } from '../analysis/evaluation.ts';
import { badUserInput } from '../errors.ts';
import type { Answer } from '../planner/question.ts';
import { builder } from './builder.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';

export const Interval = builder.objectRef<{ low: number; high: number; level: number }>('Interval').implement({
  description: 'A confidence interval.',
  fields: (t) => ({
    low: t.exposeFloat('low', { description: 'Lower end.' }),
    high: t.exposeFloat('high', { description: 'Upper end.' }),
    level: t.exposeFloat('level', { description: 'Of confidence, e.g. 0.95.' }),
  }),
});

/** Normal, clipped to [0, 1]; null where the variance does not exist. */
function interval(value: number, variance: number, level: number): { low: number; high: number; level: number } | null {
  if (!(level > 0 && level < 1)) throw badUserInput('level', `\`level\` is ${level}; it must lie between 0 and 1.`);
  if (!Number.isFinite(value) || !Number.isFinite(variance)) return null;
  const margin = jstat.normal.inv((1 + level) / 2, 0, 1) * Math.sqrt(variance);
  return { low: Math.max(0, value - margin), high: Math.min(1, value + margin), level };
}

const SliceEvaluation = builder.objectRef<SliceResult>('SliceEvaluation').implement({
  description: 'Quality on a part of the rows.',
  fields: (t) => ({
    slice: t.exposeString('slice', { description: 'Name of the part: a partition, or a value of the column.' }),
    rowCount: t.field({ type: 'SafeInt', description: 'Labelled rows.', resolve: ({ rowCount }) => rowCount }),
    positiveCount: t.field({
      type: 'SafeInt',
      description: 'Of them, with label 1.',
      resolve: ({ positiveCount }) => positiveCount,
    }),
    auc: t.float({ nullable: true, description: 'Area under the ROC curve.', resolve: ({ auc }) => orNull(auc) }),
    gauc: t.float({
      nullable: true,
      description: 'Grouped AUC within this part.',
      resolve: ({ gauc }) => orNull(gauc),
    }),
    logLoss: t.exposeFloat('logLoss', { description: 'Mean log loss.' }),
    normalizedEntropy: t.float({
      nullable: true,
      description: 'Log loss over the entropy of this part’s base rate.',
      resolve: ({ normalizedEntropy }) => orNull(normalizedEntropy),
    }),
    calibrationRatio: t.float({
      nullable: true,
      description: 'Sum of predictions over sum of labels.',
      resolve: ({ calibrationRatio }) => orNull(calibrationRatio),
    }),
  }),
});

export const Evaluation = builder.objectRef<Answer<EvaluationResult>>('Evaluation').implement({
  description:
    'Quality against 0/1 labels. Rows without a label are left out, and counted in `unlabelledCount`; without any it is BAD_USER_INPUT.',
  fields: (t) => ({
    rowCount: t.field({ type: 'SafeInt', description: 'Labelled rows.', resolve: ({ value }) => value.rowCount }),
    positiveCount: t.field({
      type: 'SafeInt',
      description: 'Of them, with label 1.',
      resolve: ({ value }) => value.positiveCount,
    }),
    unlabelledCount: t.field({
      type: 'SafeInt',
      description: 'Rows that were scored and have no label.',
      resolve: ({ value }) => value.unlabelledCount,
    }),
    auc: t.float({
      nullable: true,
      description:
        'Exact; ties count half. null with a single class, and so are prAuc, normalizedEntropy, calibrationRatio where undefined.',
      resolve: ({ value }) => orNull(value.auc),
    }),
    aucInterval: t.field({
      type: Interval,
      nullable: true,
      description: 'DeLong’s, of the AUC.',
      args: { level: t.arg.float({ defaultValue: 0.95, description: 'Of confidence.' }) },
      resolve: ({ value }, { level }) => interval(value.auc, value.aucVariance, level ?? 0.95),
    }),
    gauc: t.float({
      nullable: true,
      description:
        'Mean AUC over the groups (values of the dataset’s group column) that have both labels, weighted by their rows.',
      resolve: ({ value }) => orNull(value.gauc),
    }),
    prAuc: t.float({
      nullable: true,
      description: 'Average precision: the sum over thresholds of recall step times precision.',
      resolve: ({ value }) => orNull(value.prAuc),
    }),
    logLoss: t.float({
      description: 'Mean log loss; probabilities clipped to [1e-15, 1 - 1e-15] in float64.',
      resolve: ({ value }) => value.logLoss,
    }),
    normalizedEntropy: t.float({
      nullable: true,
      description: 'Log loss over the entropy of the base rate (He et al. 2014).',
      resolve: ({ value }) => orNull(value.normalizedEntropy),
    }),
    brier: t.float({ description: 'Mean squared difference of score and label.', resolve: ({ value }) => value.brier }),
    calibrationRatio: t.float({
      nullable: true,
      description: 'Sum of predictions over sum of labels.',
      resolve: ({ value }) => orNull(value.calibrationRatio),
    }),
    byPartition: t.field({
      type: [SliceEvaluation],
      description: 'One for each partition of the rows, in order.',
      resolve: ({ value }) => value.byPartition,
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ provenance }) => provenance,
    }),
  }),
});
