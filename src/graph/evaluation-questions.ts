import { type CalibrationResult, calibration } from '../analysis/quality/calibration.ts';
import type { LabelledSpec } from '../analysis/quality/labelled.ts';
import { gauc, slices } from '../analysis/quality/slices.ts';
import { type CurveKind, confusion, curve } from '../analysis/quality/thresholds.ts';
import { weakSegments } from '../analysis/quality/weak-segments.ts';
import type { Question } from '../analysis/question.ts';
import { isScalar } from '../data/columns/type.ts';
import { badUserInput } from '../errors.ts';
import { ask, datasetAsked } from '../questions/ask.ts';
import type { Questions } from './ahead.ts';
import { groupingColumn, wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { orNull } from './number.ts';
import type { ScoredRows } from './references.ts';

/** Null says the default, as leaving it out does. */
type Given<Value> = Value | null | undefined;
interface Bins {
  readonly bins?: Given<number>;
}
interface WeakSegmentArguments {
  readonly columns?: Given<readonly string[]>;
  readonly minimumRows?: Given<number>;
  readonly first?: Given<number>;
}

const most = { bins: 1000, points: 10_000, slices: 1000, segments: 100 };

/** `own`: what is specified beside the score that it reads. */
async function read<Own extends object, Result>(
  of: ScoredRows,
  question: Question<LabelledSpec & Own, Result>,
  own: NoInfer<Own>,
  context: Context,
): Promise<Result> {
  return (await ask(context, question, { ...of.spec, ...own }, of)).value;
}

const calibrated = (of: ScoredRows, bins: number, context: Context): Promise<CalibrationResult> =>
  read(of, calibration, { bins: wholeBetween('bins', bins, 1, most.bins) }, context);

/** Fields of an Evaluation that are questions of their own: each reads the score file, none runs the model. */
export const evaluationQuestions = {
  async gauc(of: ScoredRows, { by }: { by?: Given<string> }, context: Context): Promise<number | null> {
    if (by == null) return null;
    const column = groupingColumn(await datasetAsked(context, of.rows), by, 'by');
    return orNull(await read(of, gauc, { by: column }, context));
  },
  expectedCalibrationError: (of: ScoredRows, { bins }: Bins, context: Context) => calibrated(of, bins ?? 10, context),
  reliability: (of: ScoredRows, { bins }: Bins, context: Context) => calibrated(of, bins ?? 10, context),
  scores: (of: ScoredRows, { bins }: Bins, context: Context) => calibrated(of, bins ?? 50, context),
  async curve(of: ScoredRows, { kind, points }: { kind: CurveKind; points?: Given<number> }, context: Context) {
    const spec = { kind, points: wholeBetween('points', points ?? 100, 2, most.points) };
    const found = await read(of, curve, spec, context);
    return found.length === 0 ? null : found;
  },
  async confusion(of: ScoredRows, { threshold: asked }: { threshold?: Given<number> }, context: Context) {
    const threshold = asked ?? 0.5;
    return { threshold, ...(await read(of, confusion, { threshold }, context)) };
  },
  async slices(of: ScoredRows, { by, first }: { by: string; first?: Given<number> }, context: Context) {
    const column = groupingColumn(await datasetAsked(context, of.rows), by, 'by');
    const found = await read(of, slices, { by: column }, context);
    return found.slice(0, wholeBetween('first', first ?? 20, 0, most.slices));
  },
  async weakSegments(of: ScoredRows, { columns, minimumRows, first }: WeakSegmentArguments, context: Context) {
    const dataset = await datasetAsked(context, of.rows);
    const chosen = columns ?? featureColumns(of, new Map(dataset.columns.map(({ name, type }) => [name, type])));
    if (chosen.length === 0) throw badUserInput('columns', '`columns` is empty: there is nothing to make segments of.');
    const spec = {
      columns: [...new Set(chosen.map((name) => groupingColumn(dataset, name, 'columns')))].sort(),
      minimumRows: wholeBetween('minimumRows', minimumRows ?? 200, 1, Number.MAX_SAFE_INTEGER),
    };
    const segments = await read(of, weakSegments, spec, context);
    return segments.slice(0, wholeBetween('first', first ?? 10, 0, most.segments));
  },
} as const;

/** The same with whatever arguments a query gives, for asking ahead. */
export const questionsOfEvaluation = evaluationQuestions as unknown as Questions<ScoredRows>;

/** Columns that the model's features read and rows can be grouped by. */
const featureColumns = ({ model }: ScoredRows, types: ReadonlyMap<string, string>): string[] =>
  model.manifest.features.map(({ column }) => column).filter((column) => isScalar(types.get(column) ?? 'OTHER'));
