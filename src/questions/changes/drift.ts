import type { AttributionResult } from '../../analysis/attribution.ts';
import { rowPage } from '../../analysis/columns/row-page.ts';
import { type ColumnShift, columnShift } from '../../analysis/shift/column-shift.ts';
import { covarianceSimilarity } from '../../analysis/shift/covariance-similarity.ts';
import { scoreShift } from '../../analysis/shift/score-shift.ts';
import type { Shift } from '../../analysis/shift/shift.ts';
import { type UnitShift, unitShift } from '../../analysis/shift/unit-shift.ts';
import type { FeatureBinding } from '../../data/manifest/manifest.ts';
import { badUserInput, bindingMismatch } from '../../errors.ts';
import type { Answer } from '../../planner/question.ts';
import type { DatasetRow } from '../../store/datasets.ts';
import type { ModelRow } from '../../store/models.ts';
import { ask, askRows, datasetAsked, type RowsArgument, selectedRows } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { featureSaliencies, type PlayerSaliency, type SaliencyOfModel, saliencyOf } from '../attributions/saliency.ts';
import { notFinite } from '../not-finite.ts';
import { orNull } from '../or-null.ts';
import { type JudgedBy, type ScoredRows, scoredRowsOrNull } from '../quality.ts';
import { type FeatureOfModel, featuresOf, type LayerOfModel, layersOf, type NeuronOfLayer } from '../structure.ts';
import { outputTarget, scoreTarget } from '../targets.ts';
import { ndcg, spearman } from './ranks.ts';

/** A model on two selections of rows; changes are from the reference to the current ones. */
export interface Drifted {
  readonly model: ModelRow;
  readonly current: RowsArgument;
  readonly reference: RowsArgument;
  readonly target: JudgedBy['target'];
  /** null: there is no label to judge by. */
  readonly judged: { readonly current: ScoredRows | null; readonly reference: ScoredRows | null };
}

/** From here on a distribution counts as another one: the usual limit of the population stability index. */
export const driftedFrom = 0.25;

/** Asks nothing yet. Throws BAD_USER_INPUT, NOT_FOUND, and BINDING_MISMATCH where rows lack a column of the model's features. */
export async function drifted(
  asker: Asker,
  { model, current, reference }: Pick<Drifted, 'model' | 'current' | 'reference'>,
  { target, label }: JudgedBy,
): Promise<Drifted> {
  for (const [argument, rows] of Object.entries({ reference, current })) {
    assertHasColumns(model, await datasetAsked(asker, rows), argument);
    await selectedRows(asker, rows);
    await assertSelectsRows(asker, rows, argument);
  }
  scoreTarget(model, target);
  return {
    model,
    current,
    reference,
    target,
    judged: {
      current: await scoredRowsOrNull(asker, { model, rows: current }, { target, label }),
      reference: await scoredRowsOrNull(asker, { model, rows: reference }, { target, label }),
    },
  };
}

function assertHasColumns({ manifest }: ModelRow, dataset: DatasetRow, argument: string): void {
  const names = new Set(dataset.columns.map(({ name }) => name));
  const lacking = manifest.features.find(({ column }) => !names.has(column));
  if (lacking === undefined) return;
  throw bindingMismatch(
    `\`${argument}\`: the dataset ${dataset.name} has no column “${lacking.column}”, which the feature “${lacking.name}” reads.`,
    { argument, feature: lacking.name, column: lacking.column },
  );
}

/** Only filters may leave no row of a dataset. */
async function assertSelectsRows(asker: Asker, rows: RowsArgument, argument: string): Promise<void> {
  if ((rows.where ?? []).length === 0) return;
  const { totalCount } = await askRows(asker, rowPage, { after: -1, count: 1 }, rows);
  if (totalCount === 0)
    throw badUserInput(argument, `\`${argument}\` selects no row: there is nothing to compare. Select others.`);
}

const aboutBoth = ({ model, current, reference }: Drifted) => ({
  model,
  rows: current,
  others: { reference: { model, rows: reference } },
});

export const scoreDriftOf = (asker: Asker, of: Drifted): Promise<Answer<Shift>> => {
  const element = scoreTarget(of.model, of.target);
  const scored = element === undefined ? {} : { target: element };
  return ask(asker, scoreShift, { current: scored, reference: scored }, aboutBoth(of));
};

export interface FeatureDrift extends FeatureOfModel {
  readonly of: Drifted;
  readonly shift: ColumnShift;
}

/** Of raw values, by PSI, largest first, ties in the manifest's order. */
export async function featureDriftsOf(asker: Asker, of: Drifted): Promise<FeatureDrift[]> {
  const features = featuresOf(of.model);
  const isCategory = ({ kind }: FeatureBinding): boolean => kind === 'CATEGORICAL' || kind === 'SEQUENCE';
  const asked = features.map(({ feature }) => ({ column: feature.column, isCategory: isCategory(feature) }));
  const columns = [...new Map(asked.map((one) => [JSON.stringify(one), one])).values()].sort((a, b) =>
    a.column < b.column || (a.column === b.column && b.isCategory) ? -1 : 1,
  );
  const shifts = await askRows(asker, columnShift, { columns }, of.current, { reference: of.reference });
  const byColumn = new Map(columns.map((one, at) => [JSON.stringify(one), shifts[at] as ColumnShift]));
  const shiftOf = (at: number): ColumnShift => byColumn.get(JSON.stringify(asked[at])) as ColumnShift;
  return features
    .map((feature, at) => ({ ...feature, of, shift: shiftOf(at) }))
    .sort((a, b) => b.shift.psi - a.shift.psi);
}

export interface LayerDrift extends LayerOfModel {
  readonly of: Drifted;
  readonly units: UnitShift;
}

/** Of every layer, in topological order. */
export const layerDriftsOf = (asker: Asker, of: Drifted): Promise<LayerDrift[]> =>
  Promise.all(
    layersOf(of.model).map(async ({ model, layer }) => {
      const { value } = await ask(asker, unitShift, { layer: layer.name }, aboutBoth(of));
      const unit = value.meanChange.findIndex((change) => !Number.isFinite(change));
      if (unit >= 0)
        throw notFinite(`Neuron ${unit} of the layer “${layer.name}”`, undefined, { layer: layer.name, neuron: unit });
      return { model, layer, of, units: value };
    }),
  );

const psisOf = ({ units }: LayerDrift): number[] => units.shifts.map(({ psi }) => psi);

export const meanPsiOf = (layer: LayerDrift): number =>
  psisOf(layer).reduce((sum, psi) => sum + psi, 0) / layer.units.shifts.length;

export const maxPsiOf = (layer: LayerDrift): number => psisOf(layer).reduce((most, psi) => Math.max(most, psi), 0);

export const driftedUnitsOf = (layer: LayerDrift): number => psisOf(layer).filter((psi) => psi > driftedFrom).length;

/** null where the units do not vary together on either side. */
export const covarianceSimilarityOf = async (
  asker: Asker,
  { of, layer }: Pick<LayerDrift, 'of' | 'layer'>,
): Promise<number | null> =>
  orNull((await ask(asker, covarianceSimilarity, { layer: layer.name }, aboutBoth(of))).value);

export interface NeuronDrift extends NeuronOfLayer {
  readonly shift: Shift;
  readonly meanChange: number;
  readonly standardDeviationRatio: number;
}

/** Of all layers, by PSI, largest first, ties in the order of layers and units. */
export const neuronDriftsOf = (layers: readonly LayerDrift[]): NeuronDrift[] =>
  layers
    .flatMap(({ model, layer, units }) =>
      units.shifts.map((shift, unit) => ({
        model,
        layer,
        unit,
        shift,
        meanChange: units.meanChange[unit] as number,
        standardDeviationRatio: units.standardDeviationRatio[unit] as number,
      })),
    )
    .sort((a, b) => b.shift.psi - a.shift.psi);

/** What drives the model on one side. */
export const saliencyOfSide = (asker: Asker, of: Drifted, side: 'current' | 'reference'): Promise<SaliencyOfModel> =>
  saliencyOf(asker, of.model, { rows: of[side] }, outputTarget(of.model, of.target));

/** Shares of all features, by name, of an answer: worked out once for a thousand features. */
const knownShares = new WeakMap<AttributionResult, ReadonlyMap<string, number | null>>();

export async function saliencyShareOf(
  asker: Asker,
  { of, feature }: FeatureDrift,
  side: 'current' | 'reference',
): Promise<number | null> {
  const saliency = await saliencyOfSide(asker, of, side);
  const { value } = saliency.answer;
  const shares = knownShares.get(value) ?? new Map(featureSaliencies(saliency).map(({ name, share }) => [name, share]));
  knownShares.set(value, shares);
  return shares.get(feature.name) ?? null;
}

/** Scores of all features, in one order, on both sides. */
async function saliencyScores(asker: Asker, of: Drifted): Promise<{ reference: number[]; current: number[] }> {
  const scores = async (side: 'current' | 'reference'): Promise<number[]> =>
    featureSaliencies(await saliencyOfSide(asker, of, side))
      .sort((a: PlayerSaliency, b: PlayerSaliency) => a.at - b.at)
      .map(({ score }) => score);
  const [reference, current] = await Promise.all([scores('reference'), scores('current')]);
  return { reference, current };
}

/** Spearman, of the features' scores; null with fewer than two features. */
export async function saliencyRankCorrelationOf(asker: Asker, of: Drifted): Promise<number | null> {
  const { reference, current } = await saliencyScores(asker, of);
  return spearman(reference, current);
}

/** Of the order on the current rows, the reference's scores its gains. */
export async function saliencyNdcgOf(asker: Asker, of: Drifted): Promise<number | null> {
  const { reference, current } = await saliencyScores(asker, of);
  return ndcg(reference, current);
}
