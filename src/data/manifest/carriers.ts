import type { LookupGraph, ModelGraph, Stray } from '../../compute/graph.ts';
import { type FeatureBinding, type Manifest, widthOf } from './manifest.ts';

/**
 * A differentiable tensor that carries a feature into the model, and where in it the feature lies. A row of the tensor, in row-major
 * order over all axes but the batch, is [places, size]: so it is for every number of axes.
 */
export interface Carrier {
  readonly tensor: string;
  /** Numbers at a place: 1 of an input, as many as an entry has of a lookup. */
  readonly size: number;
  /** The feature's own, in ascending order. */
  readonly places: readonly number[];
  /** Of each place: which of the feature's elements it holds, from 0 on. */
  readonly elements: readonly number[];
}

type Graph = Pick<ModelGraph, 'inputs' | 'lookups' | 'capabilities'>;

/** The places of a lookup that a feature's elements take, and which of them. */
interface OwnLookup extends Pick<Carrier, 'places' | 'elements'> {
  readonly lookup: LookupGraph;
  /** Of each place: how many ids, from 0 on, fall into the table. */
  readonly idCounts: readonly (number | null)[];
}

/** Lookups of a feature's ids, in topological order. */
export function lookupsOf({ lookups }: Graph, feature: FeatureBinding): OwnLookup[] {
  if (feature.kind === 'NUMERIC' || feature.kind === 'EMBEDDING') return [];
  return lookups
    .filter(({ input }) => input === feature.input)
    .map((lookup) => {
      const own = lookup.columns
        .map((column, at) => ({ element: column - feature.index, at, place: lookup.places[at] as number }))
        .filter(({ element }) => element >= 0 && element < widthOf(feature))
        .sort((a, b) => a.place - b.place);
      return {
        lookup,
        places: own.map(({ place }) => place),
        elements: own.map(({ element }) => element),
        idCounts: own.map(({ at }) => lookup.idCounts[at] as number | null),
      };
    })
    .filter(({ places }) => places.length > 0);
}

/**
 * Numbers, and ids that are used as numbers, carry themselves: their slots of the input. None where an operator takes ids before a table
 * does, be it some of a list: what is carried would be less than the feature.
 */
export function carriersOf(graph: Graph, feature: FeatureBinding): Carrier[] {
  const isNumber = feature.kind === 'NUMERIC' || feature.kind === 'EMBEDDING';
  if (!isNumber && straysOf(graph, feature).length > 0) return [];
  const own = lookupsOf(graph, feature);
  const carriers = own.map(({ lookup: { carrier, dimension }, places, elements }): Carrier => {
    return { tensor: carrier, size: dimension, places, elements };
  });
  const input = graph.inputs.find(({ name }) => name === feature.input);
  if (!input?.dtype.startsWith('float') || (!isNumber && graph.capabilities?.activations === false)) return carriers;
  const lookedUp = new Set(own.flatMap(({ elements }) => elements));
  const elements = Array.from({ length: widthOf(feature) }, (_, element) => element).filter((at) => !lookedUp.has(at));
  if (elements.length === 0) return carriers;
  const places = elements.map((element) => feature.index + element);
  return [...carriers, { tensor: feature.input, size: 1, places, elements }];
}

/** The operators that take a feature's values before any table does. */
export const straysOf = ({ capabilities }: Pick<ModelGraph, 'capabilities'>, feature: FeatureBinding): Stray[] =>
  (capabilities?.strays ?? []).filter(
    ({ input, columns }) =>
      feature.input === input &&
      columns.some((column) => column >= feature.index && column < feature.index + widthOf(feature)),
  );

/** By feature name: ids below it fall into every table that they are looked up in. Features that nothing limits are left out. */
export function idLimits(graph: Graph, { features }: Pick<Manifest, 'features'>): Record<string, number> {
  return Object.fromEntries(
    features.flatMap((feature) => {
      const limits = lookupsOf(graph, feature).flatMap(({ idCounts }) => idCounts.filter((count) => count !== null));
      return limits.length === 0 ? [] : [[feature.name, Math.min(...limits)]];
    }),
  );
}
