import type { ScoreSource } from '../../data/scores/file.ts';
import type { LabelledOutputs } from '../../data/scores/keys/keyed-rows.ts';
import { logLossOfOutput, type ScoreScale } from '../../data/scores/scale.ts';
import { using } from '../../using.ts';
import type { Reading } from '../analysis.ts';
import { type LabelledSpec, ofScores } from './labelled.ts';
import { type Labelled, labelledRows } from './labelled-rows.ts';
import { GroupedAuc, QualityMeasure } from './quality.ts';
import { SegmentSums } from './segment-sums.ts';
import { type SliceResult, slicesOf } from './slicing.ts';

export interface WeakSegmentsSpec extends LabelledSpec {
  /** Of the dataset. */
  readonly columns: readonly string[];
  readonly minimumRows: number;
}

/** More segments than these nobody reads. */
const mostSegments = 100;

/** The rows that have a value in a column, or two values in two. */
interface Segment {
  readonly name: string;
  readonly parts: readonly { readonly column: number; readonly code: number }[];
  readonly excess: number;
}

/**
 * Values of one column, or of two together, by how much log loss their rows have in excess of the overall mean: rows times the
 * difference, largest first. Only segments that are worse than the whole and have at least `minimumRows` labelled rows.
 */
export const weakSegments: Reading<WeakSegmentsSpec, [ScoreSource], readonly SliceResult[]> = {
  kind: 'reading',
  name: 'weakSegments',
  version: 3,
  ...ofScores,
  async read(spec, [part], rows) {
    const groupings = await slicesOf(spec.columns, part, spec, rows);
    const group = rows.groupBy === null ? [] : [{ column: rows.groupBy }];
    return using(await labelledRows(part, spec, rows, [...groupings, ...group]), async (labelled) => {
      const evaluated: SliceResult[] = [];
      for (const segment of await worstOf(labelled, spec))
        evaluated.push(await evaluatedSegment(segment, labelled, group.length === 0 ? null : groupings.length));
      return evaluated;
    });
  },
};

/** The segments with most excess, ties by name. */
async function worstOf(
  { rows, scale, values }: Labelled,
  { columns, minimumRows }: WeakSegmentsSpec,
): Promise<Segment[]> {
  const whole = { count: 0, loss: 0 };
  const sizes = columns.map((_, column) => new Float64Array(values[column]?.length ?? 0));
  await rows.scan((scored, codes) => {
    for (const loss of lossesOf(scored, scale)) whole.loss += loss;
    whole.count += scored.label.length;
    for (const [column, counts] of sizes.entries())
      for (const code of codes[column] as Int32Array) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  });
  const mean = whole.loss / whole.count;
  // What two sums over the rows, the mean's and a segment's, may be off by: a segment of all rows, or one as good, has no excess.
  const rounding = 2 * whole.count * Number.EPSILON * whole.loss;
  const sums = candidatesOf(sizes, minimumRows);
  await rows.scan((scored, codes) => {
    const excess = lossesOf(scored, scale).map((loss) => loss - mean);
    for (const one of sums) one.add(codes, excess);
  });
  return sums
    .flatMap((one) => one.found(minimumRows, rounding))
    .map(({ parts, excess }) => ({
      name: parts.map(({ column, code }) => `${columns[column]} = ${values[column]?.[code]}`).join(', '),
      parts,
      excess,
    }))
    .sort((a, b) => b.excess - a.excess || (a.name < b.name ? -1 : 1))
    .slice(0, mostSegments);
}

/** Each column, and each two of them; values that are too rare for a segment are in none. */
function candidatesOf(sizes: readonly Float64Array[], minimumRows: number): SegmentSums[] {
  const columns = sizes.map((counts, column) => ({ column, counts }));
  return columns.flatMap((a) => [
    new SegmentSums([a], minimumRows),
    ...columns.slice(a.column + 1).map((b) => new SegmentSums([a, b], minimumRows)),
  ]);
}

/** Log loss of each row. */
const lossesOf = ({ outputs, label }: LabelledOutputs, scale: ScoreScale): Float64Array =>
  Float64Array.from(outputs, (output, at) => logLossOfOutput(scale, output, label[at] === 1));

async function evaluatedSegment(
  { name, parts }: Segment,
  { rows, scale }: Labelled,
  group: number | null,
): Promise<SliceResult> {
  const measure = new QualityMeasure(scale);
  await rows.walk([], measure, parts);
  const grouped = new GroupedAuc();
  if (group !== null) await rows.walk([group], grouped, parts);
  return { slice: name, ...measure.quality, gauc: grouped.gauc };
}
