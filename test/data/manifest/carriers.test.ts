import { describe, expect, test } from 'vitest';
import type { LookupGraph } from '../../../src/compute/graph.ts';
import type { TensorSpec } from '../../../src/compute/tensor.ts';
import { carriersOf, idLimits } from '../../../src/data/manifest/carriers.ts';
import type { FeatureBinding } from '../../../src/data/manifest/manifest.ts';

const lookup = (about: Partial<LookupGraph>): LookupGraph => ({
  input: 'ids',
  table: 'table',
  entryCount: 10,
  dimension: 4,
  ids: 'ids',
  carrier: 'deep',
  columns: [0, 1, 2],
  places: [0, 1, 2],
  offsets: [0, 0, 0],
  idCounts: [10, 10, 10],
  ...about,
});
const inputs: TensorSpec[] = [
  { name: 'ids', dtype: 'int64', shape: [null, 3] },
  { name: 'dense', dtype: 'float32', shape: [null, 2] },
  { name: 'age', dtype: 'float32', shape: [null, 1] },
];
const graph = {
  inputs,
  lookups: [lookup({}), lookup({ carrier: 'wide', dimension: 1, idCounts: [10, 6, null] })],
};
const own = { column: 'city', input: 'ids', index: 1 };
const city: FeatureBinding = { ...own, name: 'city', kind: 'CATEGORICAL' };
const seen: FeatureBinding = { ...own, name: 'seen', kind: 'SEQUENCE', index: 0, length: 3, padding: 0 };
const price: FeatureBinding = { name: 'price', kind: 'NUMERIC', column: 'price', input: 'dense', index: 1 };

describe('carriers', () => {
  test('of an id: its place in every lookup', () => {
    expect(carriersOf(graph, city)).toEqual([
      { tensor: 'deep', size: 4, places: [1], elements: [0] },
      { tensor: 'wide', size: 1, places: [1], elements: [0] },
    ]);
  });

  test('of a sequence: the places of its elements, in the order in which the lookup has them', () => {
    expect(carriersOf(graph, seen)[0]).toEqual({ tensor: 'deep', size: 4, places: [0, 1, 2], elements: [0, 1, 2] });
    const turned = { inputs, lookups: [lookup({ columns: [2, 0, 1], places: [0, 1, 4] })] };
    expect(carriersOf(turned, seen)).toEqual([{ tensor: 'deep', size: 4, places: [0, 1, 4], elements: [2, 0, 1] }]);
  });

  test('of a number: its slot of the input, however many axes that has', () => {
    expect(carriersOf(graph, price)).toEqual([{ tensor: 'dense', size: 1, places: [1], elements: [0] }]);
    const window = { lookups: [], inputs: [{ name: 'dense', dtype: 'float32' as const, shape: [null, 2, 3] }] };
    expect(carriersOf(window, { ...price, index: 4 })).toEqual([
      { tensor: 'dense', size: 1, places: [4], elements: [0] },
    ]);
  });

  test('of a list among numbers, part of which is looked up: the rest carries itself', () => {
    const part = { inputs, lookups: [lookup({ input: 'dense', columns: [1], places: [0] })] };
    expect(carriersOf(part, { ...seen, input: 'dense', length: 2 })).toEqual([
      { tensor: 'deep', size: 4, places: [0], elements: [1] },
      { tensor: 'dense', size: 1, places: [0], elements: [0] },
    ]);
  });

  test('of an id that is looked up nowhere: none', () => {
    expect(carriersOf({ ...graph, lookups: [] }, city)).toEqual([]);
    const capabilities = { activations: false, interventions: false, blockers: [], strays: [] };
    const closed = { inputs, lookups: [], capabilities };
    expect(carriersOf(closed, { ...city, input: 'dense' }), 'an id among numbers that may be looked up').toEqual([]);
    expect(carriersOf(closed, price)).toEqual([{ tensor: 'dense', size: 1, places: [1], elements: [0] }]);
  });
});

test('ids are limited by the smallest table that they are looked up in', () => {
  expect(idLimits(graph, { features: [city, seen, price] })).toEqual({ city: 6, seen: 6 });
});
