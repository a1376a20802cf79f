import type { ScoreSource } from '../../data/scores/file.ts';
import { OrderStatistics } from '../../data/scores/order-statistics.ts';
import { using } from '../../using.ts';
import type { ReadableRows } from '../analysis.ts';
import { between } from '../sums/between.ts';
import { type LabelledSpec, labelledStretches } from './labelled.ts';
import type { Bins, Grouping, Labelled } from './labelled-rows.ts';
import { GroupedAuc, type Quality, QualityMeasure } from './quality.ts';

/** Quality on the rows that share a value. */
export interface SliceResult extends Quality {
  readonly slice: string;
  readonly gauc: number;
}

/** A numeric column with more values than this is cut at its deciles. */
const mostNumbers = 20;

/** How the values of columns make slices: by themselves, or by deciles where they are numbers and many. */
export async function slicesOf(
  columns: readonly string[],
  part: ScoreSource,
  spec: LabelledSpec,
  rows: ReadableRows,
): Promise<Grouping[]> {
  const numeric = columns.filter((column) => rows.isNumber(column));
  const bins = await decilesOf(numeric, part, spec, rows);
  return columns.map((column) => {
    const own = bins.get(column);
    return own === undefined ? { column } : { column, bins: own };
  });
}

/** Deciles of the columns that have many numbers on labelled rows. */
async function decilesOf(
  columns: readonly string[],
  part: ScoreSource,
  spec: LabelledSpec,
  rows: ReadableRows,
): Promise<Map<string, Bins>> {
  if (columns.length === 0) return new Map();
  const { stretches } = await labelledStretches(part, spec, rows, { codes: [], numbers: columns });
  return using(new NumericColumns(columns.length, part.rowCount), async (all) => {
    for await (const { numbers } of stretches) await all.add(numbers);
    return all.deciles(columns);
  });
}

/** Numbers of columns, for their deciles. */
class NumericColumns implements Disposable {
  /** `distinct`: values, at most one more than `mostNumbers`. */
  readonly #columns: readonly { readonly distinct: Set<number>; readonly ordered: OrderStatistics }[];

  constructor(columnCount: number, rowCount: number) {
    this.#columns = Array.from({ length: columnCount }, () => ({
      distinct: new Set(),
      ordered: new OrderStatistics({ rowCount }),
    }));
  }

  async add(numbers: readonly Float64Array[]): Promise<void> {
    for (const [at, { distinct, ordered }] of this.#columns.entries()) {
      const values = numbers[at] as Float64Array;
      for (let row = 0; row < values.length && distinct.size <= mostNumbers; row++)
        if (!Number.isNaN(values[row])) distinct.add(values[row] as number);
      await ordered.add(values);
    }
  }

  /** Of the columns that have many values, by name. */
  async deciles(names: readonly string[]): Promise<Map<string, Bins>> {
    const found = new Map<string, Bins>();
    for (const [at, { distinct, ordered }] of this.#columns.entries())
      if (distinct.size > mostNumbers) found.set(names[at] as string, binsBetween(await deciles(ordered)));
    return found;
  }

  [Symbol.dispose](): void {
    for (const { ordered } of this.#columns) ordered[Symbol.dispose]();
  }
}

/** The eleven deciles (linear interpolation), equal ones merged. */
export async function deciles(ordered: OrderStatistics): Promise<number[]> {
  const positions = Array.from({ length: 11 }, (_, decile) => (decile / 10) * (ordered.count - 1));
  const numbers = await ordered.at(positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]));
  const edges = positions.map((position, decile) => {
    const [low, high] = numbers.slice(2 * decile) as [number, number];
    return between(low, high, position);
  });
  return [...new Set(edges)];
}

/** Bins (a, b]; the first begins with the smallest number. */
export function binsBetween(edges: readonly number[]): Bins {
  const upper = edges.slice(1);
  const written = withoutNoise(edges);
  return {
    codeOf(value) {
      if (Number.isNaN(value)) return -1;
      const found = upper.findIndex((edge) => value <= edge);
      return found < 0 ? upper.length - 1 : found;
    },
    values: upper.map((_, bin) => `${bin === 0 ? '[' : '('}${written[bin]}, ${written[bin + 1]}]`),
  };
}

/** As they are written: 6.90468 for the 6.904679999999999 of an interpolation, where that is no other one's. */
function withoutNoise(edges: readonly number[]): readonly number[] {
  const rounded = edges.map((edge) => Number(edge.toPrecision(12)));
  return new Set(rounded).size === edges.length ? rounded : edges;
}

/**
 * One evaluation for each value of a grouping that a row has, in the order of its codes; `group`: the grouping by which GAUC is taken,
 * null for none. Both as positions.
 */
export async function evaluateBy(
  { rows, scale, values }: Labelled,
  by: number,
  group: number | null,
): Promise<SliceResult[]> {
  const measures = new Map<number, QualityMeasure>();
  let measure = new QualityMeasure(scale);
  await rows.walk([by], {
    begin([code]) {
      measure = new QualityMeasure(scale);
      measures.set(code as number, measure);
    },
    tie: (output, positives, negatives) => measure.tie(output, positives, negatives),
  });
  const gaucs = group === null ? new Map<number, number>() : await gaucBy(rows, by, group);
  return [...measures].map(([code, { quality }]) => ({
    slice: values[by]?.[code] as string,
    ...quality,
    gauc: gaucs.get(code) ?? Number.NaN,
  }));
}

/** By code of `by`. */
async function gaucBy(rows: Labelled['rows'], by: number, group: number): Promise<Map<number, number>> {
  const grouped = new Map<number, GroupedAuc>();
  let current = new GroupedAuc();
  await rows.walk([by, group], {
    begin([code]) {
      current = grouped.get(code as number) ?? new GroupedAuc();
      grouped.set(code as number, current);
    },
    tie: (output, positives, negatives) => current.tie(output, positives, negatives),
    end: () => current.end(),
  });
  return new Map([...grouped].map(([code, { gauc }]) => [code, gauc]));
}
