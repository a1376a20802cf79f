import type { Scores } from '../data/score-file.ts';
import { badUserInput } from '../errors.ts';
import type { ReadableRows, Reading } from './analysis.ts';
import { buckets, groupedAuc, type Quality, qualityOf, scoreKeys } from './quality.ts';

/** Quality on labelled rows, pooled and by partition. NaN: the figure does not exist. */
export interface EvaluationResult extends Quality {
  readonly unlabelledCount: number;
  readonly gauc: number;
  /** In the order of the partitions' values; partitions without a labelled row are left out. */
  readonly byPartition: readonly SliceResult[];
}

export interface SliceResult extends Quality {
  readonly slice: string;
  readonly gauc: number;
}

export const evaluation: Reading<Record<string, never>, Scores, EvaluationResult> = {
  name: 'evaluation',
  version: 1,
  of: 'scores',
  partSpec: () => ({}),
  async read(_spec, part, rows) {
    const labelled = onlyLabelled(part);
    if (labelled.row.length === 0)
      throw badUserInput(
        'rows',
        'None of the selected rows has a label: there is nothing to evaluate against. Select others.',
      );
    const keys = scoreKeys(labelled.score, labelled.label);
    const group = await codesOf(rows, rows.groupBy, labelled.row);
    const partition = await codesOf(rows, rows.partitionBy, labelled.row);
    return {
      ...qualityOf(keys.slice().sort()),
      unlabelledCount: part.row.length - labelled.row.length,
      gauc: group === null ? Number.NaN : groupedAuc(buckets(keys, group.codes, group.values.length)),
      byPartition: partition === null ? [] : inOrder(slices(keys, partition, group), rows.partitions),
    };
  },
};

function onlyLabelled({ row, score, label }: Scores): Scores {
  if (label.every((value) => value >= 0)) return { row, score, label };
  const keep = (_: number, at: number): boolean => (label[at] as number) >= 0;
  return { row: row.filter(keep), score: score.filter(keep), label: label.filter(keep) };
}

type Codes = Awaited<ReturnType<ReadableRows['codes']>>;

const codesOf = async (rows: ReadableRows, column: string | null, index: Float64Array): Promise<Codes | null> =>
  column === null ? null : rows.codes(column, index);

/** One evaluation for each value of `by`. */
function slices(keys: Uint32Array, by: Codes, group: Codes | null): SliceResult[] {
  const groupsOf = group === null ? () => [] : groupsWithin(keys, by, group);
  return buckets(keys, by.codes, by.values.length)
    .map((sorted, code) => ({
      slice: by.values[code] as string,
      ...qualityOf(sorted),
      gauc: groupedAuc(groupsOf(code)),
    }))
    .filter(({ rowCount }) => rowCount > 0);
}

function inOrder(slices: SliceResult[], order: readonly string[]): SliceResult[] {
  const position = new Map(order.map((name, at) => [name, at]));
  return slices.sort((a, b) => (position.get(a.slice) ?? 0) - (position.get(b.slice) ?? 0));
}

/** The groups of each slice: one sort of (slice, group) pairs serves all slices. */
function groupsWithin(keys: Uint32Array, by: Codes, group: Codes): (code: number) => Uint32Array[] {
  const groupCount = group.values.length;
  const dense = new Map<number, number>();
  const ofSlice: number[][] = by.values.map(() => []);
  const pairs = Int32Array.from(keys, (_, at) => {
    const slice = by.codes[at] as number;
    const member = group.codes[at] as number;
    if (slice < 0 || member < 0) return -1;
    const pair = slice * groupCount + member;
    let code = dense.get(pair);
    if (code === undefined) {
      code = dense.size;
      dense.set(pair, code);
      ofSlice[slice]?.push(code);
    }
    return code;
  });
  const grouped = buckets(keys, pairs, dense.size);
  return (slice) => (ofSlice[slice] as number[]).map((code) => grouped[code] as Uint32Array);
}
