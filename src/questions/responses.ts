import { areAllUsed, type GridSpec, grid } from '../analysis/columns/grid.ts';
import { response } from '../analysis/response.ts';
import type { Encoded } from '../data/batches/string-table.ts';
import { encodedValues } from '../data/batches/written-rows.ts';
import { isNumeric } from '../data/columns/type.ts';
import { typeOf } from '../data/duckdb/sql.ts';
import { loadVocabularies } from '../data/manifest/vocabulary.ts';
import { selectRows } from '../data/rows.ts';
import { badUserInput, bindingMismatch } from '../errors.ts';
import type { Provenance } from '../planner/question.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';
import { type Optional, wholeBetween } from './arguments.ts';
import { ask, askRows, datasetAsked, type RowsArgument } from './ask.ts';
import type { Asker } from './asker.ts';
import { notFinite } from './not-finite.ts';
import { type FeatureOfModel, featurePosition } from './structure.ts';
import { outputTarget, type TargetArgument } from './targets.ts';

/** The target with a feature set to one raw value on every row: over them. */
export interface ResponsePoint {
  readonly value: unknown;
  readonly mean: number;
  readonly standardDeviation: number;
  readonly rowCount: number;
}

export interface ResponseOfFeature extends FeatureOfModel {
  readonly points: readonly ResponsePoint[];
  readonly provenance: Provenance;
}

interface Asked {
  readonly feature: string;
  readonly rows: RowsArgument;
  /** At most so many values: 20 unless said. */
  readonly points?: Optional<number>;
  readonly target?: Optional<TargetArgument>;
}

/**
 * How a target answers when a feature is set to each of a range of values on every row (partial dependence). Throws BAD_USER_INPUT,
 * BINDING_MISMATCH for a column that does not fit, and ANALYSIS_FAILED naming the value where an answer is not finite.
 */
export async function responseOf(asker: Asker, model: ModelRow, asked: Asked): Promise<ResponseOfFeature> {
  const position = featurePosition(model, asked.feature, 'feature');
  const feature = model.manifest.features[position] as FeatureOfModel['feature'];
  if (feature.kind === 'SEQUENCE' || feature.kind === 'EMBEDDING')
    throw badUserInput(
      'feature',
      `\`feature\`: “${feature.name}” is ${feature.kind}, a list; responses are of numbers and categories.`,
    );
  const target = outputTarget(model, asked.target);
  const values = await usableValues(asker, { model, feature }, asked);
  const spec = { feature: position, target, values: values.map(({ encoded }) => encoded) };
  const { value, provenance } = await ask(asker, response, spec, { model, rows: asked.rows });
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
  asker: Asker,
  { model, feature }: FeatureOfModel,
  { rows, points }: Asked,
): Promise<UsableValue[]> {
  const count = wholeBetween('points', points ?? 20, 1, 200);
  const dataset = await datasetAsked(asker, rows);
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
    ? await askRows(asker, grid, spec, rows)
    : (await ask(asker, grid, spec, { model, rows })).value;
  if (raw.length === 0)
    throw badUserInput('rows', `“${column}” has no value on these rows, so there is nothing to set it to.`);
  const vocabularies = await loadVocabularies(asker.home, model.manifest);
  const encoded = await encodedValues(raw, feature, model.graph, model.manifest, vocabularies);
  return raw.map((value, at) => ({ raw: value, encoded: encoded[at] as Encoded }));
}

/** Between two whole numbers there may be none that an input of whole numbers takes. */
function valuesOf({ graph }: ModelRow, { kind, input }: FeatureOfModel['feature']): GridSpec['values'] {
  if (kind !== 'NUMERIC') return 'MOST_FREQUENT';
  const isFloat = graph.inputs.find(({ name }) => name === input)?.dtype.startsWith('float');
  return isFloat ? 'QUANTILES' : 'OCCURRING_QUANTILES';
}
