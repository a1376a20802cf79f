import { slice } from '../compute/program.ts';
import type { Batch } from '../data/types.ts';
import type { Outputs } from './analysis.ts';
import type { AttributionSpec } from './attributions/method.ts';
import { ofRows } from './attributions/of-rows.ts';
import { scoreOf } from './score.ts';

export interface ExplanationsSpec extends AttributionSpec {
  /** Indexes of the rows to be explained; all that are read when undefined. */
  readonly explained?: readonly number[];
}

/** One entry a row, in row order. */
export interface ExplanationsResult {
  /** Row indexes. */
  readonly row: Float64Array;
  /** The model's, whatever is explained. */
  readonly score: Float64Array;
  /** f(x), and f(baseline) of methods that start from one. */
  readonly target: Float64Array;
  readonly baseline: Float64Array | null;
  /** Σ attributions − (f(x) − f(baseline)), of methods that are complete. */
  readonly gap: Float64Array | null;
  /** [rows · features], by row: the sum of a feature's attribution over its carriers, and its L2 norm. */
  readonly attribution: Float64Array;
  readonly magnitude: Float64Array;
}

/** The attributions of single rows, kept row by row: for the few that somebody wants to look at. */
export const explanations = ofRows<ExplanationsSpec, ExplanationsState, ExplanationsResult>({
  name: 'explanations',
  version: 6,
  outputs({ norms, sums, target, baseline, gap, atRows }, _spec, subject) {
    const featureCount = subject.features.length;
    return {
      score: atRows(scoreOf(subject)),
      target,
      ...(baseline === undefined ? {} : { baseline }),
      ...(gap === undefined ? {} : { gap }),
      attribution: slice(sums, 1, 0, featureCount),
      magnitude: slice(norms, 1, 0, featureCount),
    };
  },
  start: ({ explained }) => ({ explained: explained === undefined ? null : new Set(explained), rows: [] }),
  fold: ({ explained, rows }, outputs, batch) => ({
    explained,
    rows: [...rows, ...rowsOf(outputs, batch).filter(({ row }) => explained?.has(row) ?? true)],
  }),
  merge: (a, b) => ({ ...a, rows: [...a.rows, ...b.rows] }),
  finish({ rows }) {
    const inOrder = rows.toSorted((a, b) => a.row - b.row);
    const column = (name: 'row' | 'score' | 'target') => Float64Array.from(inOrder, (one) => one[name]);
    const optional = (name: 'baseline' | 'gap') =>
      inOrder.every((one) => one[name] === null) ? null : Float64Array.from(inOrder, (one) => one[name] as number);
    const matrix = (name: 'attribution' | 'magnitude') => Float64Array.from(inOrder.flatMap((one) => one[name]));
    return {
      row: column('row'),
      score: column('score'),
      target: column('target'),
      baseline: optional('baseline'),
      gap: optional('gap'),
      attribution: matrix('attribution'),
      magnitude: matrix('magnitude'),
    };
  },
});

interface ExplainedRow extends Readonly<Record<'row' | 'score' | 'target', number>> {
  /** Null where the method has none. */
  readonly baseline: number | null;
  readonly gap: number | null;
  readonly attribution: readonly number[];
  readonly magnitude: readonly number[];
}

interface ExplanationsState {
  readonly explained: ReadonlySet<number> | null;
  readonly rows: readonly ExplainedRow[];
}

function rowsOf(outputs: Outputs, { index, rowCount }: Batch): ExplainedRow[] {
  const optional = (name: string, at: number): number | null =>
    (outputs[name]?.data as Float32Array | undefined)?.[at] ?? null;
  const figure = (name: 'score' | 'target', at: number): number => optional(name, at) as number;
  const row = (name: 'attribution' | 'magnitude', at: number): number[] => {
    const values = outputs[name]?.data as Float32Array;
    const width = values.length / rowCount;
    return Array.from(values.subarray(at * width, (at + 1) * width));
  };
  return Array.from(index, (own, at) => ({
    row: own,
    score: figure('score', at),
    target: figure('target', at),
    baseline: optional('baseline', at),
    gap: optional('gap', at),
    attribution: row('attribution', at),
    magnitude: row('magnitude', at),
  }));
}
