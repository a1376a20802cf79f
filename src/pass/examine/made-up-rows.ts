import { Draw } from '../../analysis/attributions/random.ts';
import type { ModelGraph } from '../../compute/graph.ts';
import type { WrittenRow } from '../../data/batches/written-rows.ts';
import { idLimits } from '../../data/manifest/carriers.ts';
import {
  type FeatureBinding,
  isBag,
  type Manifest,
  type NumericFeature,
  readsTexts,
} from '../../data/manifest/manifest.ts';
import type { Vocabularies } from '../../data/manifest/vocabulary.ts';
import type { RowNumber } from './together.ts';

/**
 * Rows that might be some: the same for the same numbers. Every other has numbers between 0 and 1, times its size; the others normal ones.
 * Ids lie in the tables.
 */
export function madeUpRows(
  rows: readonly RowNumber[],
  graph: ModelGraph,
  manifest: Manifest,
  vocabularies: Vocabularies,
): WrittenRow[] {
  const limits = idLimits(graph, manifest);
  return rows.map(({ number, size }) =>
    Object.fromEntries(
      manifest.features.map((feature, at) => {
        const draw = new Draw(at, number, 0);
        const isShare = number % 2 === 0;
        const one = (element: number) =>
          rawValueOf(feature, element, { draw, isShare, size, graph, vocabularies, limits });
        return [feature.name, isList(feature) ? listOf(feature, draw, one) : one(0)];
      }),
    ),
  );
}

interface Made {
  readonly draw: Draw;
  readonly isShare: boolean;
  readonly size: number;
  readonly graph: ModelGraph;
  readonly vocabularies: Vocabularies;
  readonly limits: Readonly<Record<string, number>>;
}

const isList = ({ kind }: FeatureBinding): boolean => kind === 'SEQUENCE' || kind === 'EMBEDDING';

/** Never empty: a mean over nothing is no number. */
function listOf(feature: FeatureBinding, draw: Draw, one: (element: number) => unknown): unknown[] {
  const most = isBag(feature) ? 3 : 'length' in feature ? feature.length : 1;
  const length = feature.kind === 'EMBEDDING' ? most : 1 + Math.floor(draw.uniform(0) * Math.min(most, 16));
  return Array.from({ length }, (_, element) => one(1 + element));
}

function rawValueOf(feature: FeatureBinding, element: number, made: Made): number | string {
  if (feature.kind === 'NUMERIC') return numberOf(feature, element, made);
  const { draw, graph, vocabularies, limits } = made;
  if (feature.kind === 'EMBEDDING') return numberOf(feature, element, made);
  const upTo = (count: number): number => Math.floor(draw.uniform(element) * count);
  const entries = feature.vocabulary === undefined ? undefined : vocabularies[feature.vocabulary];
  if (entries !== undefined) return [...entries.keys()][upTo(entries.size)] ?? '';
  if (readsTexts(feature, graph)) return `text ${upTo(1000)}`;
  // What no table limits is a condition, more often than not.
  return upTo(limits[feature.name] ?? 2);
}

/** Before its transforms. */
function numberOf(
  feature: Pick<NumericFeature, 'transform' | 'input'>,
  element: number,
  { draw, isShare, size, graph }: Made,
): number {
  const normal = new Float32Array(1);
  draw.normals(normal, 0, 1, element, size);
  let value = isShare ? size * draw.uniform(element) : (normal[0] as number);
  for (const step of (feature.transform ?? []).toReversed()) {
    if ('standardize' in step) value = step.standardize.mean + step.standardize.deviation * value;
    else if ('log1p' in step) value = Math.expm1(Math.min(Math.abs(value), 30));
    else if ('bucketize' in step) value = between(step.bucketize.edges, draw.uniform(element));
  }
  const dtype = graph.inputs.find(({ name }) => name === feature.input)?.dtype ?? 'float32';
  if (dtype === 'bool') return value > 0.5 ? 1 : 0;
  return dtype.includes('float') ? value : Math.abs(Math.round(value));
}

/** Somewhere in the buckets, those at the ends included. */
const between = (edges: readonly number[], share: number): number => {
  const [first = 0, last = first] = [edges[0], edges.at(-1)];
  return first - 1 + share * (last - first + 2);
};
