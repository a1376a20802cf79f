import { builder } from '../builder/builder.ts';

export const ProbeTargetInput = builder.inputType('ProbeTargetInput', {
  description:
    'What a probe predicts: the label when omitted. A column that is not 0/1 needs `equals` (1 where equal) or `above` (1 where greater). Rows whose value is no label (null, NaN; in text “”, NA, N/A, NaN, nan, NULL, null, None) are left out.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'A column of both datasets.' }),
    equals: t.field({
      type: 'JSON',
      description: 'The target is 1 where the column has this value, 0 where it has another.',
    }),
    above: t.float({ description: 'The target is 1 where the column is greater, 0 where it is not.' }),
  }),
});

export const ProbeOptions = builder.inputType('ProbeOptions', {
  description:
    'How a probe is fitted: it minimises ½·l2·‖w‖² + Σ log loss over the standardised units, the intercept free.',
  fields: (t) => ({
    l2: t.float({ defaultValue: 1, description: 'Strength of the penalty: scikit-learn’s 1 / C.' }),
    maxIterations: t.int({
      defaultValue: 100,
      description: 'Newton steps at most, from 1 to 1,000: each reads the rows once.',
    }),
    tolerance: t.float({
      defaultValue: 1e-6,
      description:
        'The fit has converged when a step promises to lower the objective by less than this per training row, and moves no weight by more than its square root.',
    }),
    control: t.boolean({ defaultValue: true, description: 'Whether there is a control on shuffled labels.' }),
    seed: t.int({ defaultValue: 0, description: 'The seed of the control’s labels.' }),
  }),
});
