import type { ScoreSource } from '../../data/scores/file.ts';
import { scoreOfOutput } from '../../data/scores/scale.ts';
import type { Reading } from '../analysis.ts';
import { inOrder } from '../quality/evaluation.ts';
import { partOf, type ScoresSpec, scores } from '../quality/scores.ts';
import { slicesOf } from '../quality/slicing.ts';
import { type PartQuestions, part } from '../question.ts';
import { type PairedFigures, type PairedSlice, pairedFigures, pairedSlices } from './figures.ts';
import { groupedPairs, type PairedRows, pairedRows } from './paired-rows.ts';

/** A candidate's score on rows, and that of the model in the role `base` on the same ones. */
export interface ComparisonSpec {
  readonly candidate: ScoresSpec;
  readonly base: ScoresSpec;
  /** A column of labels in place of the dataset's. */
  readonly label?: string;
}

export interface ComparisonResult extends PairedFigures {
  /** Pearson, of scores. */
  readonly scoreCorrelation: number;
  readonly meanAbsoluteDifference: number;
  /** In the order of the partitions' values. */
  readonly byPartition: readonly PairedSlice[];
}

/** What every reading of two models' scores has in common. */
export const ofBothScores = {
  parts: ({
    candidate,
    base,
  }: Pick<ComparisonSpec, 'candidate' | 'base'>): PartQuestions<[ScoreSource, ScoreSource]> => [
    part(scores, partOf(candidate)),
    part(scores, partOf(base), 'base'),
  ],
};

/** Two models on the rows that both take, paired. */
export const comparison: Reading<ComparisonSpec, [ScoreSource, ScoreSource], ComparisonResult> = {
  kind: 'reading',
  name: 'comparison',
  version: 1,
  ...ofBothScores,
  async read({ label }, [candidate, base], rows) {
    const groupings = rows.partitionBy === null ? [] : [{ column: rows.partitionBy }];
    const paired = await groupedPairs(await pairedRows({ base, candidate }), rows, { label, groupings });
    const scales = { base: base.scale, candidate: candidate.scale };
    return {
      ...pairedFigures(paired, scales),
      ...agreement(
        paired.candidate.map((output) => scoreOfOutput(scales.candidate, output)),
        paired.base.map((output) => scoreOfOutput(scales.base, output)),
      ),
      byPartition: groupings.length === 0 ? [] : inOrder(pairedSlices(paired, scales), rows.partitions),
    };
  },
};

function agreement(
  a: Float64Array,
  b: Float64Array,
): Pick<ComparisonResult, 'scoreCorrelation' | 'meanAbsoluteDifference'> {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [products, squaresA, squaresB, apart] = [0, 0, 0, 0];
  for (const [at, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[at] as number) - meanB];
    products += x * y;
    squaresA += x * x;
    squaresB += y * y;
    apart += Math.abs(value - (b[at] as number));
  }
  const isConstant = (values: Float64Array): boolean => values.every((value) => value === values[0]);
  const correlation = products / Math.sqrt(squaresA * squaresB);
  return {
    scoreCorrelation: isConstant(a) || isConstant(b) ? Number.NaN : Math.max(-1, Math.min(1, correlation)),
    meanAbsoluteDifference: apart / a.length,
  };
}

export interface ComparisonBySpec extends ComparisonSpec {
  readonly by: string;
}

/** More slices than these nobody reads; those with most rows are kept. */
const mostSlices = 1000;

/** Two models on the rows that share a value of a column, most rows first, ties by value. */
export const comparisonSlices: Reading<ComparisonBySpec, [ScoreSource, ScoreSource], readonly PairedSlice[]> = {
  kind: 'reading',
  name: 'comparisonSlices',
  version: 1,
  ...ofBothScores,
  async read({ label, by }, [candidate, base], rows) {
    const joined = await pairedRows({ base, candidate });
    const groupings = await slicesOf([by], everyRow(joined), {}, rows);
    const paired = await groupedPairs(joined, rows, { label, groupings });
    const slices = pairedSlices(paired, { base: base.scale, candidate: candidate.scale });
    return slices.sort((a, b) => b.rowCount - a.rowCount || (a.slice < b.slice ? -1 : 1)).slice(0, mostSlices);
  },
};

/** So that deciles are of all rows that are compared, with a label and without. */
const everyRow = ({ row, candidate, count }: PairedRows): ScoreSource => ({
  scale: { space: 'VALUE' },
  precision: 'float64',
  rowCount: count,
  stretches: () => [{ row, output: candidate, label: new Int8Array(count) }],
});
