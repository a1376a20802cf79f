import { responsePlot } from '../../plots/response.ts';
import { type ResponsePoint as Point, type ResponseOfFeature, responseOf } from '../../questions/responses.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { Provenance } from '../shared/provenance.ts';
import { Feature, Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';

const ResponsePoint = builder.objectRef<Point>('ResponsePoint').implement({
  description: 'The target with a feature set to one value.',
  fields: (t) => ({
    value: t.field({ type: 'JSON', description: 'The raw value, as in the dataset.', resolve: ({ value }) => value }),
    mean: t.exposeFloat('mean', { description: 'Mean of the target over all rows with the feature set to the value.' }),
    standardDeviation: t.exposeFloat('standardDeviation', {
      description: 'Standard deviation of the target over the same rows.',
    }),
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Number of rows averaged over.',
      resolve: ({ rowCount }) => rowCount,
    }),
  }),
});

const FeatureResponse = builder.objectRef<ResponseOfFeature>('FeatureResponse').implement({
  description: 'How the target answers when one feature is set to each of a range of values on every row.',
  fields: (t) => ({
    feature: t.field({
      type: Feature,
      description: 'The feature that is set.',
      resolve: ({ model, feature }) => ({ model, feature }),
    }),
    points: t.field({
      type: [ResponsePoint],
      description:
        'Points in the order of their values: `points` quantiles of a number, at (i + 1/2) / points, equal ones merged; the `points` most frequent values of a category. Nulls are left out.',
      resolve: ({ points }) => [...points],
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'Mean target by value, and one standard deviation over rows to either side.',
      resolve: ({ feature, points }) => responsePlot(points, feature.name, feature.kind === 'NUMERIC'),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ provenance }) => provenance,
    }),
  }),
});

builder.objectField(Model, 'response', (t) =>
  t.field({
    type: FeatureResponse,
    nullable: true,
    description:
      'How the target answers when one feature is set to each of a range of values on every row (partial dependence). Values are raw, before vocabulary and transforms.',
    args: {
      feature: t.arg.string({ required: true, description: 'Name of a NUMERIC or CATEGORICAL feature.' }),
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      points: t.arg.int({ defaultValue: 20, description: 'The largest number of values, up to 200.' }),
      target: t.arg({ type: TargetInput, description: 'What answers: the score’s logit when omitted.' }),
    },
    resolve: (model, asked, context) => responseOf(context, model, asked),
  }),
);
