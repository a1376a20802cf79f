import type { LookupGraph } from '../graph.ts';

/** An id that a table is read with: an element of a row of an input, times a factor, plus an offset. */
export interface Id {
  readonly input: string;
  /** In a row of the input, row-major. */
  readonly column: number;
  /** In a row of the ids, row-major. */
  readonly place: number;
  readonly factor: number;
  readonly offset: number;
  /** The graph itself keeps the value within limits (Clip, Mod, …). */
  readonly isBounded: boolean;
}

export type TableRead = Pick<LookupGraph, 'table' | 'entryCount' | 'dimension' | 'ids' | 'carrier'>;

/** What one node looks up, by the input that its ids come from. */
export function lookupsOf(read: TableRead, ids: readonly Id[]): LookupGraph[] {
  return [...Map.groupBy(ids, ({ input }) => input)].map(([input, own]) => ({
    input,
    ...read,
    columns: own.map(({ column }) => column),
    places: own.map(({ place }) => place),
    offsets: own.map(({ isBounded, factor, offset }) => (isBounded || factor !== 1 ? null : offset)),
    idCounts: own.map((id) => idCountOf(id, read.entryCount)),
  }));
}

/** How many ids, from 0 on, fall into the table; null where the graph itself sees to it that all do. */
function idCountOf({ factor, offset, isBounded }: Id, entryCount: number): number | null {
  if (isBounded || factor <= 0) return null;
  return Math.max(0, Math.floor((entryCount - 1 - offset) / factor) + 1);
}
