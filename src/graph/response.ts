import { areAllUsed, type GridSpec, grid } from '../analysis/columns/grid.ts';
import { response } from '../analysis/response.ts';
import type { Encoded } from '../data/batches/string-table.ts';
import { encodedValues } from '../data/batches/written-rows.ts';
import { isNumeric } from '../data/columns/type.ts';
import { typeOf } from '../data/duckdb/sql.ts';
import { loadVocabularies } from '../data/manifest/vocabulary.ts';
import { selectRows } from '../data/rows.ts';
import { badUserInput, bindingMismatch } from '../errors.ts';
import type { Provenance as Origin } from '../planner/question.ts';
import { responsePlot } from '../plots/response.ts';
import { wholeBetween } from '../questions/arguments.ts';
import { ask, askRows, datasetAsked, type RowsArgument } from '../questions/ask.ts';
import { notFinite } from '../questions/not-finite.ts';
import { type FeatureOfModel, featurePosition } from '../questions/structure.ts';
import { outputTarget } from '../questions/targets.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { Provenance } from './provenance.ts';
import { Feature, Model } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { TargetInput } from './target.ts';

interface Point {
  readonly value: unknown;
  readonly mean: number;
  readonly standardDeviation: number;
  readonly rowCount: number;
}
interface ResponseOfFeature extends FeatureOfModel {
  readonly points: readonly Point[];
  readonly provenance: Origin;
}

const ResponsePoint = builder.objectRef<Point>('ResponsePoint').implement({
  description: 'The target with a feature set to one value.',
  fields: (t) => ({
    value: t.field({ type: 'JSON', description: 'Raw, as in the dataset.', resolve: ({ value }) => value }),
    mean: t.exposeFloat('mean', { description: 'Of the target, over all rows with the feature set to the value.' }),
    standardDeviation: t.exposeFloat('standardDeviation', { description: 'Of the target, over the same rows.' }),
    rowCount: t.field({ type: 'SafeInt', description: 'Rows averaged over.', resolve: ({ rowCount }) => rowCount }),
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
        'By value, in order: `points` quantiles of a number, at (i + 1/2) / points, equal ones merged; the `points` most frequent values of a category. Nulls are left out.',
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

interface Asked {
  readonly feature: string;
  readonly rows: RowsArgument;
  readonly points?: number | null | undefined;
  readonly target?: typeof TargetInput.$inferInput | null | undefined;
}

async function responseOf(model: ModelRow, asked: Asked, context: Context): Promise<ResponseOfFeature> {
  const position = featurePosition(model, asked.feature, 'feature');
  const feature = model.manifest.features[position] as FeatureOfModel['feature'];
  if (feature.kind === 'SEQUENCE' || feature.kind === 'EMBEDDING')
    throw badUserInput(
      'feature',
      `\`feature\`: “${feature.name}” is ${feature.kind}, a list; responses are of numbers and categories.`,
    );
  const target = outputTarget(model, asked.target);
  const values = await usableValues({ model, feature }, asked, context);
  const spec = { feature: position, target, values: values.map(({ encoded }) => encoded) };
  const { value, provenance } = await ask(context, response, spec, { model, rows: asked.rows });
  const points = values.map(({ raw }, at) => ({
    value: raw,
    mean: value.mean[at] as number,
    standardDeviation: value.standardDeviation[at] as number,
    rowCount: value.rowCount,
  }));
  const first = value.notFinite;
  const found = points.findIndex(({ mean, standardDeviation }) => !Number.isFinite(mean + standardDeviation));
  const bad = points[first?.column ?? found];
  if (bad !== undefined)
    throw notFinite(`With “${feature.name}” set to ${JSON.stringify(bad.value)} the target`, first?.row, {
      feature: feature.name,
      value: bad.value,
    });
  return { model, feature, points, provenance };
}

interface UsableValue {
  readonly raw: unknown;
  readonly encoded: Encoded;
}

/** The values of the rows that are used, and what the model takes for them. */
async function usableValues(
  { model, feature }: FeatureOfModel,
  { rows, points }: Asked,
  context: Context,
): Promise<UsableValue[]> {
  const count = wholeBetween('points', points ?? 20, 1, 200);
  const dataset = await datasetAsked(context, rows);
  const selection = selectRows(
    dataset,
    dataset.partitions.map(({ name }) => name),
    rows,
  );
  const { column } = feature;
  const names = dataset.columns.map(({ name }) => name);
  if (!names.includes(column)) {
    const { words, data } = suggestionFor(column, names);
    throw bindingMismatch(
      `The feature “${feature.name}” reads the column “${column}”, which the dataset does not have.${words}`,
      { feature: feature.name, column, ...data },
    );
  }
  if (feature.kind === 'NUMERIC' && !isNumeric(typeOf(dataset, column)))
    throw bindingMismatch(`The feature “${feature.name}” is NUMERIC and its column “${column}” is no number.`, {
      feature: feature.name,
      column,
    });
  const spec = { column, count, values: valuesOf(model, feature) };
  const raw = areAllUsed(selection)
    ? await askRows(context, grid, spec, rows)
    : (await ask(context, grid, spec, { model, rows })).value;
  if (raw.length === 0)
    throw badUserInput('rows', `“${column}” has no value on these rows, so there is nothing to set it to.`);
  const vocabularies = await loadVocabularies(context.environment.home, model.manifest);
  const encoded = await encodedValues(raw, feature, model.graph, model.manifest, vocabularies);
  return raw.map((value, at) => ({ raw: value, encoded: encoded[at] as Encoded }));
}

/** Between two whole numbers there may be none that an input of whole numbers takes. */
function valuesOf({ graph }: ModelRow, { kind, input }: FeatureOfModel['feature']): GridSpec['values'] {
  if (kind !== 'NUMERIC') return 'MOST_FREQUENT';
  const isFloat = graph.inputs.find(({ name }) => name === input)?.dtype.startsWith('float');
  return isFloat ? 'QUANTILES' : 'OCCURRING_QUANTILES';
}

builder.objectField(Model, 'response', (t) =>
  t.field({
    type: FeatureResponse,
    nullable: true,
    description:
      'How the target answers when one feature is set to each of a range of values on every row (partial dependence). Values are raw, before vocabulary and transforms.',
    args: {
      feature: t.arg.string({ required: true, description: 'Name of a NUMERIC or CATEGORICAL feature.' }),
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      points: t.arg.int({ defaultValue: 20, description: 'At most so many values, up to 200.' }),
      target: t.arg({ type: TargetInput, description: 'What answers: the score’s logit when omitted.' }),
    },
    resolve: (model, asked, context) => responseOf(model, asked, context),
  }),
);
