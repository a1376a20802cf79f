import { evaluationPlot } from '../../plots/evaluation.ts';
import { aucInterval, usualLevel } from '../../questions/intervals.ts';
import { orNull } from '../../questions/or-null.ts';
import { builder } from '../builder/builder.ts';
import { Interval } from '../shared/interval.ts';
import { Provenance } from '../shared/provenance.ts';
import { Evaluation } from '../shared/references.ts';
import { SliceEvaluation } from './slice-evaluation.ts';

builder.objectType(Evaluation, {
  description:
    'Quality against 0/1 labels. Rows without a label are left out, and counted in `unlabelledCount`; without any it is BAD_USER_INPUT.',
  fields: (t) => ({
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Number of labelled rows.',
      resolve: ({ answer: { value } }) => value.rowCount,
    }),
    positiveCount: t.field({
      type: 'SafeInt',
      description: 'Labelled rows with label 1.',
      resolve: ({ answer: { value } }) => value.positiveCount,
    }),
    unlabelledCount: t.field({
      type: 'SafeInt',
      description: 'Rows that were scored and have no label.',
      resolve: ({ answer: { value } }) => value.unlabelledCount,
    }),
    auc: t.float({
      nullable: true,
      description:
        'The area under the ROC curve, exact; ties count half. It is null with a single class, and so are prAuc, normalizedEntropy, calibrationRatio where undefined.',
      resolve: ({ answer: { value } }) => orNull(value.auc),
    }),
    aucInterval: t.field({
      type: Interval,
      nullable: true,
      description: 'DeLong’s confidence interval of the AUC.',
      args: { level: t.arg.float({ defaultValue: 0.95, description: 'The level of confidence, between 0 and 1.' }) },
      resolve: ({ answer: { value } }, { level }) => aucInterval(value, level ?? usualLevel),
    }),
    prAuc: t.float({
      nullable: true,
      description: 'Average precision: the sum over thresholds of recall step times precision.',
      resolve: ({ answer: { value } }) => orNull(value.prAuc),
    }),
    logLoss: t.float({
      description:
        'Mean log loss in float64: of a LOGIT from the logit itself, of probabilities clipped to [1e-15, 1 - 1e-15].',
      resolve: ({ answer: { value } }) => value.logLoss,
    }),
    normalizedEntropy: t.float({
      nullable: true,
      description: 'Log loss over the entropy of the base rate (He et al. 2014).',
      resolve: ({ answer: { value } }) => orNull(value.normalizedEntropy),
    }),
    brier: t.float({
      description: 'Mean squared difference of score and label.',
      resolve: ({ answer: { value } }) => value.brier,
    }),
    calibrationRatio: t.float({
      nullable: true,
      description: 'Sum of predictions over sum of labels.',
      resolve: ({ answer: { value } }) => orNull(value.calibrationRatio),
    }),
    byPartition: t.field({
      type: [SliceEvaluation],
      description: 'One for each partition of the rows, in order.',
      resolve: ({ answer: { value } }) => value.byPartition,
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'AUC and normalized entropy by partition.',
      resolve: ({ model, answer }) => evaluationPlot(answer.value, `${model.name} ${model.version}`),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ answer }) => answer.provenance,
    }),
  }),
});
