import { type CalibrationResult, calibration, expectedCalibrationError } from '../analysis/quality/calibration.ts';
import { type EvaluationResult, evaluation } from '../analysis/quality/evaluation.ts';
import type { LabelledSpec } from '../analysis/quality/labelled.ts';
import { gauc, slices } from '../analysis/quality/slices.ts';
import type { SliceResult } from '../analysis/quality/slicing.ts';
import {
  type ConfusionResult,
  type CurveKind,
  type CurvePoint,
  confusion,
  curve,
} from '../analysis/quality/thresholds.ts';
import { weakSegments } from '../analysis/quality/weak-segments.ts';
import type { Question } from '../analysis/question.ts';
import { bindingOf } from '../analysis/score.ts';
import { isNumeric, isScalar } from '../data/columns/type.ts';
import { badUserInput, GlassgraphError } from '../errors.ts';
import type { Answer } from '../planner/question.ts';
import type { ModelRow } from '../store/models.ts';
import { groupingColumn, type Optional, wholeBetween } from './arguments.ts';
import { ask, datasetAsked, type ModelOnRows, type RowsArgument } from './ask.ts';
import type { Asker } from './asker.ts';
import { orNull } from './or-null.ts';
import { scoreTarget, type TargetArgument } from './targets.ts';

/** A score of a model on rows, with its label. */
export interface ScoredRows extends ModelOnRows {
  readonly spec: LabelledSpec;
}

export interface EvaluatedRows extends ScoredRows {
  readonly answer: Answer<EvaluationResult>;
}

/** What is judged: the model's score by the dataset's label, unless another output or another column is named. */
export interface JudgedBy {
  readonly target?: Optional<TargetArgument>;
  readonly label?: Optional<string>;
}

const most = { bins: 1000, points: 10_000, slices: 1000, segments: 100 };

/** What is left out says the same as what is the default: one question, one key. Throws BAD_USER_INPUT for what no label can judge. */
export async function scoredRows(
  asker: Asker,
  { model, rows }: ModelOnRows,
  { target, label }: JudgedBy = {},
): Promise<ScoredRows> {
  const chosen = scoreTarget(model, target);
  const { score, targets = [] } = model.manifest;
  const element = chosen ?? score;
  if (bindingOf(model.manifest, element).space === 'VALUE')
    throw badUserInput(
      chosen === undefined ? 'rows' : 'target',
      `The score of this ${chosen === undefined ? 'model' : 'target'} is a VALUE, which no 0/1 label can be compared with.`,
    );
  const own = label ?? targets.find(({ output, index }) => output === element.output && index === element.index)?.label;
  const column = own === undefined ? undefined : await labelColumn(asker, rows, own);
  const spec = { ...(chosen && { target: chosen }), ...(column !== undefined && { label: column }) };
  return { model, rows, spec };
}

async function labelColumn(asker: Asker, rows: RowsArgument, label: string): Promise<string | undefined> {
  const dataset = await datasetAsked(asker, rows);
  const column = groupingColumn(dataset, label, 'label');
  if (column === dataset.label) return undefined;
  const type = dataset.columns.find(({ name }) => name === column)?.type as string;
  if (isNumeric(type)) return column;
  throw badUserInput(
    'label',
    `\`label\`: “${label}” is ${type}; labels are 0 and 1. Register the dataset with it as \`label\`, and say with \`positive\` what counts as 1.`,
  );
}

/** Quality on labelled rows, pooled and by partition. Throws BAD_USER_INPUT where no row has a label. */
export const evaluated = async (asker: Asker, of: ScoredRows): Promise<EvaluatedRows> => ({
  ...of,
  answer: await ask(asker, evaluation, of.spec, of),
});

/** Whether an evaluation failed because no row has a label. */
const isWithoutLabels = (error: unknown): boolean =>
  error instanceof GlassgraphError && error.details?.labelledRowCount === 0;

/** The same for whoever has more to say: null where there is nothing to judge by. */
export async function evaluatedOrNull(asker: Asker, of: ScoredRows | null): Promise<EvaluatedRows | null> {
  try {
    return of === null ? null : await evaluated(asker, of);
  } catch (error) {
    if (isWithoutLabels(error)) return null;
    throw error;
  }
}

/** As `scoredRows`; null for a VALUE, and where neither the dataset nor the question names a label. Throws BAD_USER_INPUT. */
export async function scoredRowsOrNull(
  asker: Asker,
  { model, rows }: ModelOnRows,
  judgedBy: JudgedBy = {},
): Promise<ScoredRows | null> {
  const { score } = model.manifest;
  const isValue = bindingOf(model.manifest, scoreTarget(model, judgedBy.target) ?? score).space === 'VALUE';
  if (isValue && judgedBy.label == null) return null;
  const found = await scoredRows(asker, { model, rows }, judgedBy);
  const { label } = await datasetAsked(asker, rows);
  return label === null && found.spec.label === undefined ? null : found;
}

/** `own`: what is specified beside the score that it reads: none of these runs the model again. */
async function read<Own extends object, Result>(
  asker: Asker,
  of: ScoredRows,
  question: Question<LabelledSpec & Own, Result>,
  own: NoInfer<Own>,
): Promise<Result> {
  return (await ask(asker, question, { ...of.spec, ...own }, of)).value;
}

/** Mean AUC over the groups of a column that have both labels, weighted by their rows; null where none has. */
export async function gaucBy(asker: Asker, of: ScoredRows, by: string): Promise<number | null> {
  const column = groupingColumn(await datasetAsked(asker, of.rows), by, 'by');
  return orNull(await read(asker, of, gauc, { by: column }));
}

/** Labelled rows in equal-width bins of the score. */
export const calibrationOf = (asker: Asker, of: ScoredRows, bins: number): Promise<CalibrationResult> =>
  read(asker, of, calibration, { bins: wholeBetween('bins', bins, 1, most.bins) });

/** Mean distance of score and share of label 1 over bins, weighted by rows; null without labelled rows. */
export const calibrationErrorOf = (bins: CalibrationResult): number | null => orNull(expectedCalibrationError(bins));

/** Rows whose scores lie in [low, high), the last bin closed; null: there are none. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly rowCount: number;
  readonly meanScore: number | null;
  readonly positiveRate: number | null;
}

export const reliabilityBins = ({ rowCount, positiveCount, scoreSum }: CalibrationResult): ReliabilityBin[] =>
  Array.from(rowCount, (count, bin) => ({
    low: bin / rowCount.length,
    high: (bin + 1) / rowCount.length,
    rowCount: count,
    meanScore: orNull((scoreSum[bin] as number) / count),
    positiveRate: orNull((positiveCount[bin] as number) / count),
  }));

/** The scores of labelled rows over [0, 1]. */
export const scoreHistogram = ({ rowCount, positiveCount }: CalibrationResult) => ({
  edges: Array.from({ length: rowCount.length + 1 }, (_, at) => at / rowCount.length),
  counts: [...rowCount],
  positiveCounts: [...positiveCount],
});

/** From the strictest threshold to the loosest; null where a class that the curve needs is missing. */
export async function curveOf(
  asker: Asker,
  of: ScoredRows,
  { kind, points }: { readonly kind: CurveKind; readonly points?: Optional<number> },
): Promise<readonly CurvePoint[] | null> {
  const found = await read(asker, of, curve, { kind, points: wholeBetween('points', points ?? 100, 2, most.points) });
  return found.length === 0 ? null : found;
}

/** Rows are called positive when score >= threshold. */
export interface Confusion extends ConfusionResult {
  readonly threshold: number;
}

export async function confusionOf(asker: Asker, of: ScoredRows, threshold = 0.5): Promise<Confusion> {
  return { threshold, ...(await read(asker, of, confusion, { threshold })) };
}

/** Share of label 1 among the rows that are called positive; null without such rows. */
export const precisionOf = ({ truePositives, falsePositives }: ConfusionResult): number | null =>
  orNull(truePositives / (truePositives + falsePositives));

/** Share of the rows with label 1 that is called positive; null without such rows. */
export const recallOf = ({ truePositives, falseNegatives }: ConfusionResult): number | null =>
  orNull(truePositives / (truePositives + falseNegatives));

/** One for each value of a column, most rows first; numbers with many values are cut at their deciles. */
export async function slicesBy(
  asker: Asker,
  of: ScoredRows,
  { by, first }: { readonly by: string; readonly first?: Optional<number> },
): Promise<SliceResult[]> {
  const column = groupingColumn(await datasetAsked(asker, of.rows), by, 'by');
  const found = await read(asker, of, slices, { by: column });
  return found.slice(0, wholeBetween('first', first ?? 20, 0, most.slices));
}

export interface WeakSegmentArguments {
  /** Those of the model's features when left out. */
  readonly columns?: Optional<readonly string[]>;
  readonly minimumRows?: Optional<number>;
  readonly first?: Optional<number>;
}

/** Values of one column or of two together, largest excess log loss first. */
export async function weakSegmentsOf(
  asker: Asker,
  of: ScoredRows,
  { columns, minimumRows, first }: WeakSegmentArguments,
): Promise<SliceResult[]> {
  const dataset = await datasetAsked(asker, of.rows);
  const chosen = columns ?? featureColumns(of.model, new Map(dataset.columns.map(({ name, type }) => [name, type])));
  if (chosen.length === 0) throw badUserInput('columns', '`columns` is empty: there is nothing to make segments of.');
  const spec = {
    columns: [...new Set(chosen.map((name) => groupingColumn(dataset, name, 'columns')))].sort(),
    minimumRows: wholeBetween('minimumRows', minimumRows ?? 200, 1, Number.MAX_SAFE_INTEGER),
  };
  const segments = await read(asker, of, weakSegments, spec);
  return segments.slice(0, wholeBetween('first', first ?? 10, 0, most.segments));
}

/** Columns that the model's features read and rows can be grouped by. */
const featureColumns = ({ manifest }: ModelRow, types: ReadonlyMap<string, string>): string[] =>
  manifest.features.map(({ column }) => column).filter((column) => isScalar(types.get(column) ?? 'OTHER'));
