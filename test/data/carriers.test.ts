import { describe, expect, test } from 'vitest';
import type { LookupGraph } from '../../src/compute/graph.ts';
import type { TensorSpec } from '../../src/compute/tensor.ts';
import { carriersOf, idLimits } from '../../src/data/carriers.ts';
import type { FeatureBinding } from '../../src/data/manifest.ts';

const lookup = (about: Partial<LookupGraph>): LookupGraph => ({
  input: 'ids',
  table: 'table',
  entryCount: 10,
  dimension: 4,
  ids: 'ids',
  carrier: 'deep',
  axis: 1,
  columns: [0, 1, 2],
  positions: [0, 1, 2],
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
  test('of an id: its part of every lookup', () => {
    expect(carriersOf(graph, city)).toEqual([
      { tensor: 'deep', axis: 1, start: 1, length: 1 },
      { tensor: 'wide', axis: 1, start: 1, length: 1 },
    ]);
  });

  test('of a sequence that has a lookup to itself: all of it', () => {
    expect(carriersOf(graph, seen)[0]).toEqual({ tensor: 'deep', axis: null, start: 0, length: 3 });
  });

  test('of a number: its slot of the input, or all of an input of its own', () => {
    expect(carriersOf(graph, price)).toEqual([{ tensor: 'dense', axis: 1, start: 1, length: 1 }]);
    expect(carriersOf(graph, { ...price, input: 'age', index: 0 })).toEqual([
      { tensor: 'age', axis: null, start: 0, length: 1 },
    ]);
  });

  test('of an id that is looked up nowhere: none', () => {
    expect(carriersOf({ ...graph, lookups: [] }, city)).toEqual([]);
    const capabilities = { activations: false, interventions: false, blockers: [], strays: [] };
    const closed = { inputs, lookups: [], capabilities };
    expect(carriersOf(closed, { ...city, input: 'dense' }), 'an id among numbers that may be looked up').toEqual([]);
    expect(carriersOf(closed, price)).toEqual([{ tensor: 'dense', axis: 1, start: 1, length: 1 }]);
  });
});

test('ids are limited by the smallest table that they are looked up in', () => {
  expect(idLimits(graph, { features: [city, seen, price] })).toEqual({ city: 6, seen: 6 });
});
