import type { LookupGraph, ModelGraph } from '../../compute/graph.ts';
import { lookupsOf } from '../../data/manifest/carriers.ts';
import type { FeatureBinding, Manifest } from '../../data/manifest/manifest.ts';
import type { Vocabularies } from '../../data/manifest/vocabulary.ts';
import type { ModelWarning } from '../protocol.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Tables that every id comes to through a vocabulary or a hash, of which some entries are no value's. */
export function unreachableEntries(
  graph: ModelGraph,
  { features }: Pick<Manifest, 'features'>,
  vocabularies: Vocabularies,
): ModelWarning[] {
  const byTable = new Map<string, { entryCount: number; ranges: (Range | null)[] }>();
  for (const feature of features)
    for (const { lookup, places } of lookupsOf(graph, feature)) {
      const table = byTable.get(lookup.table) ?? { entryCount: lookup.entryCount, ranges: [] };
      byTable.set(lookup.table, table);
      table.ranges.push(...places.flatMap((place) => reached(feature, lookup, place, vocabularies)));
    }
  return [...byTable].flatMap(([name, { entryCount, ranges }]) => {
    const known = ranges.filter((range) => range !== null);
    const unreached = known.length < ranges.length ? 0 : entryCount - sizeOf(known, entryCount);
    if (unreached === 0) return [];
    return [
      {
        code: 'UNREACHABLE_ENTRIES',
        message: `No value comes to ${unreached.toLocaleString('en')} of the ${entryCount.toLocaleString('en')} entries of the table “${name}”: the vocabularies, buckets and offsets of the manifest end before them. Check that they are those of training.`,
      },
    ];
  });
}

/** Entries that a feature's ids come to at one place of a lookup; null where any might. */
function reached(
  feature: FeatureBinding,
  lookup: LookupGraph,
  place: number,
  vocabularies: Vocabularies,
): (Range | null)[] {
  const shift = lookup.offsets[place];
  if ((feature.kind !== 'CATEGORICAL' && feature.kind !== 'SEQUENCE') || shift === null || shift === undefined)
    return [null];
  const count = feature.hash?.buckets ?? vocabularies[feature.vocabulary ?? '']?.size;
  if (count === undefined) return [null];
  const first = shift + (feature.offset ?? 0);
  const others = [feature.missing ?? 0, ...('padding' in feature ? [feature.padding] : [])];
  return [
    { start: first, end: first + count },
    ...others.flatMap((id) => (typeof id === 'number' ? [{ start: shift + id, end: shift + id + 1 }] : [])),
  ];
}

/** Of the union of ranges, between 0 and `end`. */
function sizeOf(ranges: readonly Range[], end: number): number {
  let size = 0;
  let reachedTo = 0;
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    size += Math.max(0, Math.min(range.end, end) - Math.max(range.start, reachedTo));
    reachedTo = Math.max(reachedTo, range.end);
  }
  return size;
}
