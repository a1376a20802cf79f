import type { SliceResult } from '../../analysis/quality/slicing.ts';
import { orNull } from '../../questions/or-null.ts';
import { builder } from '../builder/builder.ts';

export const SliceEvaluation = builder.objectRef<SliceResult>('SliceEvaluation').implement({
  description: 'Quality on a part of the rows.',
  fields: (t) => ({
    slice: t.exposeString('slice', { description: 'Name of the part: a partition, or a value of the column.' }),
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Number of labelled rows.',
      resolve: ({ rowCount }) => rowCount,
    }),
    positiveCount: t.field({
      type: 'SafeInt',
      description: 'Labelled rows with label 1.',
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
