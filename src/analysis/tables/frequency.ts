import type { WeightTable } from '../../compute/executor.ts';
import type { LookupGraph } from '../../compute/graph.ts';
import { cast, reshape, tensor } from '../../compute/program.ts';
import { isBag } from '../../data/manifest/manifest.ts';
import type { Batch } from '../../data/types.ts';
import type { Analysis, Outputs, Subject } from '../analysis.ts';
import { normOf, type TableSpec } from './table-analysis.ts';

/** Entries that occur from `minimum` to `maximum` times in the rows. */
export interface FrequencyBucket {
  readonly minimum: number;
  /** null: and more. */
  readonly maximum: number | null;
  readonly entryCount: number;
  /** NaN without entries. */
  readonly meanNorm: number;
}

/** Ids of the rows that a tensor of the graph has turned into numbers of entries. */
interface Source {
  readonly ids: string;
  /** Of lists of any length, whose elements lie one after the other: every one counts. */
  readonly isOfLists: boolean;
  readonly elements: readonly Element[];
}

interface Element {
  readonly place: number;
  readonly input: string;
  readonly column: number;
  /** The id of a sequence that stands for no id. */
  readonly padding: number | null;
}

interface FrequencyState {
  readonly table: string;
  readonly sources: readonly Source[];
  readonly counts: Uint32Array;
  /** When the table has been read. */
  readonly buckets: readonly FrequencyBucket[];
}

/**
 * How long entries are by how often they occur in the rows. Every element of a row counts once for the table, however many lookups
 * read it and whichever feature it belongs to; positions that hold a sequence's padding do not. Takes four bytes for each entry.
 */
export const normByFrequency: Analysis<TableSpec, FrequencyState, readonly FrequencyBucket[]> = {
  kind: 'fold',
  name: 'normByFrequency',
  version: 2,
  start({ table }, subject) {
    const lookups = subject.graph.lookups.filter((lookup) => lookup.table === table);
    return {
      table,
      sources: sourcesOf(lookups, subject),
      counts: new Uint32Array(lookups[0]?.entryCount ?? 0),
      buckets: [],
    };
  },
  program: (_, __, { sources }) => ({
    outputs: Object.fromEntries(
      sources.map(({ ids }, at) => [`ids${at}`, reshape(cast(tensor(ids), 'int64'), [0, -1])]),
    ),
  }),
  fold(state, outputs, batch) {
    for (const [at, source] of state.sources.entries()) count(state.counts, source, `ids${at}`, outputs, batch);
    return state;
  },
  merge: (a, b) => ({ ...a, counts: a.counts.map((many, entry) => many + (b.counts[entry] as number)) }),
  async readTables(state, tables) {
    const table = await tables(state.table);
    try {
      return { ...state, buckets: await bucketsOf(table, state.counts) };
    } finally {
      await table.close();
    }
  },
  finish: ({ buckets }) => buckets,
};

/** Each element of a row in the first lookup that reads it. */
function sourcesOf(lookups: readonly LookupGraph[], { features }: Subject): Source[] {
  const seen = new Set<string>();
  return lookups.map(({ ids, input, columns, places }) => ({
    ids,
    isOfLists: features.some((feature) => isBag(feature) && feature.input === input),
    elements: columns.flatMap((column, at) => {
      const key = JSON.stringify([input, column]);
      if (seen.has(key)) return [];
      seen.add(key);
      const owner = features.find(
        (feature) =>
          feature.kind === 'SEQUENCE' &&
          feature.input === input &&
          column >= feature.index &&
          column < feature.index + feature.length,
      );
      const padding = owner?.kind === 'SEQUENCE' ? owner.padding : null;
      return [{ place: places[at] as number, input, column, padding }];
    }),
  }));
}

function count(
  counts: Uint32Array,
  { elements, isOfLists }: Source,
  name: string,
  outputs: Outputs,
  batch: Batch,
): void {
  const ids = outputs[name]?.data as BigInt64Array;
  const add = (id: number): void => {
    const entry = id < 0 ? id + counts.length : id;
    counts[entry] = (counts[entry] as number) + 1;
  };
  if (isOfLists) {
    if (elements.length > 0) for (const id of ids) add(Number(id));
    return;
  }
  const width = ids.length / batch.rowCount;
  for (const { place, input, column, padding } of elements) {
    const raw = batch.inputs[input]?.data as ArrayLike<number | bigint>;
    const rawWidth = raw.length / batch.rowCount;
    for (let row = 0; row < batch.rowCount; row++) {
      if (padding !== null && Number(raw[row * rawWidth + column]) === padding) continue;
      add(Number(ids[row * width + place]));
    }
  }
}

/** Never, once, then by powers of ten up to what occurs most. */
async function bucketsOf(table: WeightTable, counts: Uint32Array): Promise<FrequencyBucket[]> {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const minima = [0, 1];
  for (let next = 2; next <= most; next = next === 2 ? 10 : next * 10) minima.push(next);
  const entryCounts = minima.map(() => 0);
  const sums = minima.map(() => 0);
  let entry = 0;
  for await (const entries of table.blocks(0, table.entryCount))
    for (let from = 0; from < entries.length; from += table.dimension, entry++) {
      const bucket = minima.findLastIndex((minimum) => minimum <= (counts[entry] as number));
      entryCounts[bucket] = (entryCounts[bucket] as number) + 1;
      sums[bucket] = (sums[bucket] as number) + normOf(entries, from, table.dimension, entry);
    }
  return minima.map((minimum, at) => ({
    minimum,
    maximum: at === minima.length - 1 ? null : (minima[at + 1] as number) - 1,
    entryCount: entryCounts[at] as number,
    meanNorm: (sums[at] as number) / (entryCounts[at] as number),
  }));
}
