import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { BaselineKind } from '../shared/enums.ts';

const BaselineInput = builder.inputType('BaselineInput', {
  isOneOf: true,
  description:
    'Where methods with a baseline start. `kind`: ZERO is the zero carrier (for ids, the zero embedding; numbers as the model takes them), MEAN the mean carrier over the selected rows, MISSING what the manifest gives a missing value. `rows`: drawn from other rows, for GRADIENT_SHAP.',
  fields: (t) => ({
    kind: t.field({ type: BaselineKind, description: 'A baseline that needs no more words.' }),
    values: t.field({
      type: 'JSON',
      description: 'Raw values by feature name, as in a dataset; features left out are at their missing value.',
    }),
    rows: t.field({
      type: RowsInput,
      description:
        'One of these rows is the baseline of each sample of GRADIENT_SHAP, drawn by the options’ seed. Of more than 1,000 (fewer where the carriers of one are more than 4,194 numbers) so many are drawn first, by the rows’ own seed.',
    }),
  }),
});

export const AttributionOptions = builder.inputType('AttributionOptions', {
  description:
    'Options of a method: a ZERO baseline, 50 steps and seed 0 unless said otherwise. An option that the method does not have is BAD_USER_INPUT.',
  fields: (t) => ({
    baseline: t.field({
      type: BaselineInput,
      description:
        'Where the method starts; SALIENCY, INPUT_X_GRADIENT, SMOOTHGRAD, SMOOTHGRAD_SQUARED, VARGRAD and FEATURE_PERMUTATION have no baseline.',
    }),
    steps: t.int({ description: 'Nodes of the integral of INTEGRATED_GRADIENTS, from 1 to 1,000.' }),
    samples: t.int({
      description:
        'Samples of SMOOTHGRAD, SMOOTHGRAD_SQUARED, VARGRAD and GRADIENT_SHAP, 25 unless said; permutations of SHAPLEY_SAMPLING, 25, and FEATURE_PERMUTATION, 1. The number lies between 1 and 1,000.',
    }),
    noise: t.float({
      description:
        'Standard deviation of the Gaussian noise on each element of a carrier: of SMOOTHGRAD, SMOOTHGRAD_SQUARED and VARGRAD, 0.1 unless said, and of GRADIENT_SHAP, 0.',
    }),
    seed: t.int({ description: 'The seed of the methods with samples: the same seed gives the same numbers.' }),
  }),
});
