import type { ScoreSource } from '../../data/scores/file.ts';
import { scoreOfOutput } from '../../data/scores/scale.ts';
import type { ReadableRows, Reading } from '../analysis.ts';
import { inOrder } from '../quality/evaluation.ts';
import { assertNumbers, partOf, type ScoresSpec, scores } from '../quality/scores.ts';
import { part } from '../question.ts';
import { type ScoreShiftSpec, sortedScores } from './score-shift.ts';
import { type Shift, shiftOfNumbers } from './shift.ts';

/** Scores on the rows of one partition. */
export interface PartitionScores {
  readonly slice: string;
  readonly rowCount: number;
  readonly mean: number;
  /** Dividing by the number of rows. */
  readonly standardDeviation: number;
}

/** Scores of all rows that are scored, labelled or not, by partition, in the order of the partitions. */
export const scoresByPartition: Reading<ScoresSpec, [ScoreSource], readonly PartitionScores[]> = {
  kind: 'reading',
  name: 'scoresByPartition',
  version: 1,
  parts: (spec) => [part(scores, partOf(spec))],
  async read(_spec, [own], rows) {
    return (await grouped(own, rows)).map(({ slice, sorted }) => {
      const mean = sorted.reduce((sum, score) => sum + score, 0) / sorted.length;
      const squares = sorted.reduce((sum, score) => sum + (score - mean) ** 2, 0);
      return { slice, rowCount: sorted.length, mean, standardDeviation: Math.sqrt(squares / sorted.length) };
    });
  },
};

export interface PartitionShift extends Shift {
  readonly slice: string;
}

/** How far the scores of each partition lie from those of the reference, in the order of the partitions. */
export const scoreShiftByPartition: Reading<ScoreShiftSpec, [ScoreSource, ScoreSource], readonly PartitionShift[]> = {
  kind: 'reading',
  name: 'scoreShiftByPartition',
  version: 1,
  parts: ({ current, reference }) => [part(scores, partOf(current)), part(scores, partOf(reference), 'reference')],
  async read(_spec, [current, reference], rows) {
    const before = await sortedScores(reference);
    return (await grouped(current, rows)).map(({ slice, sorted }) => ({ slice, ...shiftOfNumbers(before, sorted) }));
  },
};

/** Scores of each partition, ascending. */
async function grouped(
  of: ScoreSource,
  rows: ReadableRows,
): Promise<{ readonly slice: string; readonly sorted: Float64Array }[]> {
  const { partitionBy } = rows;
  if (partitionBy === null) throw new Error('scores by partition are asked of rows with partitions');
  const all: Float64Array[] = [];
  async function* indexes(): AsyncGenerator<Float64Array> {
    for await (const stretch of of.stretches()) {
      assertNumbers(stretch);
      all.push(Float64Array.from(stretch.output, (output) => scoreOfOutput(of.scale, output)));
      yield stretch.row;
    }
  }
  const { values, stretches } = await rows.columns({ codes: [partitionBy], numbers: [] }, indexes());
  const byCode = new Map<number, number[]>();
  let at = 0;
  for await (const { codes } of stretches) {
    const own = all[at++] as Float64Array;
    for (const [row, code] of (codes[0] as Int32Array).entries()) {
      const group = byCode.get(code) ?? [];
      if (group.length === 0) byCode.set(code, group);
      group.push(own[row] as number);
    }
  }
  const found = [...byCode].filter(([code]) => code >= 0);
  return inOrder(
    found.map(([code, group]) => ({ slice: values[0]?.[code] as string, sorted: Float64Array.from(group).sort() })),
    rows.partitions,
  );
}
