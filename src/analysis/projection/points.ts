import type { Expression } from '../../compute/program.ts';
import type { Batch } from '../../data/types.ts';
import { badUserInput } from '../../errors.ts';
import type { Outputs, Subject } from '../analysis.ts';
import { scoreOf } from '../score.ts';
import { assertByRow } from '../units/row-axis.ts';

/** Rows as points, in row order. */
export interface ProjectionResult {
  readonly components: number;
  readonly row: Float64Array;
  /** [rows, components] */
  readonly coordinates: Float64Array;
  readonly score: Float64Array;
  /** 0, 1, or −1 for none. */
  readonly label: Int8Array;
  /** Share of the variance that each component has, NaN without any variance; null for methods without. */
  readonly explainedVariance: Float64Array | null;
}

/** The points of one batch. */
export interface Points {
  readonly row: Float64Array;
  /** [rows, width] */
  readonly values: Float32Array;
  readonly score: Float32Array;
  readonly label: Int8Array;
}

/** `values`: [rows, width] */
export const pointOutputs = (values: Expression, subject: Subject): Record<string, Expression> => ({
  values,
  score: scoreOf(subject),
});

/** Throws ANALYSIS_FAILED for a layer that has its rows and positions on one axis: which value is whose is not known. */
export function pointsOf(outputs: Outputs, { rowCount, index, label, labelled }: Batch, width: number): Points {
  const values = Float32Array.from(outputs.values?.data as Float32Array);
  assertByRow(values.length / width, rowCount);
  return {
    row: Float64Array.from(index),
    values,
    score: Float32Array.from(outputs.score?.data as Float32Array),
    label: Int8Array.from(labelled, (has, at) => (has === 1 ? (label[at] as number) : -1)),
  };
}

/** Throws BAD_USER_INPUT for more rows than are shown. */
export function assertShown(rowCount: number, most: number, method: string): void {
  if (rowCount > most)
    throw badUserInput(
      'rows',
      `\`rows\` selects more than ${most} rows, which is the most that ${method} projects. Draw that many with \`rows.sample\`, or narrow them with \`rows.where\` or \`rows.partitions\`.`,
      { limit: most },
    );
}

/** Of all batches, as one; in row order. */
export function joined(points: readonly Points[]): Omit<
  ProjectionResult,
  'components' | 'coordinates' | 'explainedVariance'
> & {
  values: Float64Array;
} {
  const sorted = points.toSorted((a, b) => (a.row[0] as number) - (b.row[0] as number));
  const all = (pick: (one: Points) => ArrayLike<number>): number[] => sorted.flatMap((one) => Array.from(pick(one)));
  return {
    row: Float64Array.from(all(({ row }) => row)),
    values: Float64Array.from(all(({ values }) => values)),
    score: Float64Array.from(all(({ score }) => score)),
    label: Int8Array.from(all(({ label }) => label)),
  };
}
