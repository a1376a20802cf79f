import type { LookupGraph, ModelGraph, Stray } from '../compute/graph.ts';
import { type FeatureBinding, type Manifest, widthOf } from './manifest.ts';

/** A differentiable tensor that carries a feature into the model, or the part of it that belongs to the feature. */
export interface Carrier {
  readonly tensor: string;
  /** The feature's part is [start, start + length) of this axis; the whole tensor when null. */
  readonly axis: number | null;
  readonly start: number;
  readonly length: number;
}

type Graph = Pick<ModelGraph, 'inputs' | 'lookups' | 'capabilities'>;

/** The places of a lookup that a feature's elements take. */
interface OwnLookup {
  readonly lookup: LookupGraph;
  readonly places: readonly number[];
}

/** Lookups of a feature's ids, in topological order. */
export function lookupsOf({ lookups }: Graph, feature: FeatureBinding): OwnLookup[] {
  if (feature.kind === 'NUMERIC' || feature.kind === 'EMBEDDING') return [];
  const end = feature.index + widthOf(feature);
  return lookups
    .filter(({ input }) => input === feature.input)
    .map((lookup) => ({
      lookup,
      places: lookup.columns.flatMap((column, place) => (column >= feature.index && column < end ? [place] : [])),
    }))
    .filter(({ places }) => places.length > 0);
}

/** Numbers, and ids that are used as numbers, carry themselves: their slot of the input. */
export function carriersOf(graph: Graph, feature: FeatureBinding): Carrier[] {
  const own = lookupsOf(graph, feature);
  if (own.length > 0) return own.map(carrierOf);
  const isNumber = feature.kind === 'NUMERIC' || feature.kind === 'EMBEDDING';
  if (!isNumber && graph.capabilities?.activations === false) return [];
  const input = graph.inputs.find(({ name }) => name === feature.input);
  if (!input?.dtype.startsWith('float')) return [];
  const isWhole = input.shape.slice(1).every((dim) => dim === 1) || input.shape.length < 2;
  return [
    {
      tensor: feature.input,
      axis: isWhole ? null : input.shape.length - 1,
      start: isWhole ? 0 : feature.index,
      length: widthOf(feature),
    },
  ];
}

/** The operators that take a feature's values before any table does. */
export const straysOf = ({ capabilities }: Pick<ModelGraph, 'capabilities'>, feature: FeatureBinding): Stray[] =>
  (capabilities?.strays ?? []).filter(
    ({ input, columns }) =>
      feature.input === input &&
      columns.some((column) => column >= feature.index && column < feature.index + widthOf(feature)),
  );

function carrierOf({ lookup, places }: OwnLookup): Carrier {
  const positions = places.map((place) => lookup.positions[place] as number);
  const start = Math.min(...positions);
  const isWhole = lookup.axis === null || new Set(lookup.positions).size === new Set(positions).size;
  return {
    tensor: lookup.carrier,
    axis: isWhole ? null : lookup.axis,
    start: isWhole ? 0 : start,
    length: Math.max(...positions) - start + 1,
  };
}

/** By feature name: ids below it fall into every table that they are looked up in. Features that nothing limits are left out. */
export function idLimits(graph: Graph, { features }: Pick<Manifest, 'features'>): Record<string, number> {
  return Object.fromEntries(
    features.flatMap((feature) => {
      const counts = lookupsOf(graph, feature).flatMap(({ lookup, places }) => places.map((at) => lookup.idCounts[at]));
      const limits = counts.filter((count) => count !== null && count !== undefined);
      return limits.length === 0 ? [] : [[feature.name, Math.min(...limits)]];
    }),
  );
}
