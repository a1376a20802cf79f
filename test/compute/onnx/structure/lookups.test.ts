import { describe, expect, test } from 'vitest';
import type { LookupGraph } from '../../../../src/compute/graph.ts';
import { float32, type Tensor } from '../../../../src/compute/tensor.ts';
import { type ModelText, modelOf, opened, toy } from '../models.ts';

const table = (entries: number, dimension: number): Tensor =>
  float32([entries, dimension], new Float32Array(entries * dimension));
const integers = (...values: number[]): Tensor => ({
  dtype: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const integer = (value: number): Tensor => ({ ...integers(value), dims: [] });

/** Lookups of a model whose nodes end in the carriers. */
async function lookupsOf(text: ModelText): Promise<readonly LookupGraph[]> {
  return (await opened(modelOf(text))).graph.lookups;
}

describe('lookups', () => {
  test('of one named input a feature', async () => {
    expect((await opened(toy('ids.onnx'))).graph.lookups).toMatchObject([
      { input: 'city', table: 'city.table', entryCount: 4, dimension: 2, columns: [0], idCounts: [4] },
      { input: 'user', table: 'user.table', entryCount: 5, dimension: 2, columns: [0], idCounts: [5] },
    ]);
  });

  test('of columns of one float matrix, a history among them, two features sharing a table', async () => {
    expect((await opened(toy('matrix.onnx'))).graph.lookups).toMatchObject([
      { input: 'X', table: 'item.table', carrier: 'item_embedding', columns: [0] },
      { input: 'X', table: 'user.table', carrier: 'user_embedding', columns: [1] },
      {
        input: 'X',
        table: 'item.table',
        carrier: 'history_embedding',
        columns: [2, 3, 4],
        places: [0, 1, 2],
      },
    ]);
  });

  test('of one table for all features, each with an offset of its own', async () => {
    const [lookup] = await lookupsOf({
      inputs: { ids: ['int64', [null, 3]] },
      weights: { table: table(60, 4), offsets: integers(0, 10, 30) },
      nodes: [
        ['Add', 'ids offsets', 'shifted'],
        ['Gather', 'table shifted', 'carrier'],
      ],
      outputs: 'carrier',
    });
    expect(lookup).toEqual({
      input: 'ids',
      table: 'table',
      entryCount: 60,
      dimension: 4,
      ids: 'shifted',
      carrier: 'carrier',
      columns: [0, 1, 2],
      places: [0, 1, 2],
      offsets: [0, 10, 30],
      idCounts: [60, 50, 30],
    });
  });

  test('of an entry for each field: one id at several places of a table (field-aware factorization machines)', async () => {
    const [lookup] = await lookupsOf({
      inputs: { id: ['int64', [null, 1]] },
      weights: { table: table(27, 4), fields: integer(3), offsets: integers(0, 1, 2) },
      nodes: [
        ['Mul', 'id fields', 'first'],
        ['Add', 'first offsets', 'places'],
        ['Gather', 'table places', 'carrier'],
      ],
      outputs: 'carrier',
    });
    // 3·id + 2 ≤ 26
    expect(lookup).toMatchObject({ columns: [0, 0, 0], places: [0, 1, 2], idCounts: [9, 9, 9] });
  });

  test('of no ids of whole rows that are shifted by a constant for each row', async () => {
    const lookups = await lookupsOf({
      inputs: { ids: ['int64', [2]] },
      weights: { table: table(9, 4), offsets: integers(0, 1) },
      nodes: [
        ['Add', 'ids offsets', 'shifted'],
        ['Gather', 'table shifted', 'carrier'],
      ],
      outputs: 'carrier',
    });
    expect(lookups).toEqual([]);
  });

  test.each<[string, ModelText['nodes']]>([
    ['made by OneHot', [['OneHot', 'id depth values', 'hot']]],
    [
      'made by comparing',
      [
        ['Unsqueeze', 'id axis', 'column'],
        ['Equal', 'column count', 'flags'],
        ['Cast', 'flags', 'hot', { to: 1 }],
      ],
    ],
  ])('of ids in one-hot form, %s, times a weight', async (_, nodes) => {
    const lookups = await lookupsOf({
      inputs: { id: ['int64', [null]] },
      weights: {
        table: table(3, 4),
        depth: integer(3),
        values: float32([2], [0, 1]),
        count: integers(0, 1, 2),
        axis: integers(1),
      },
      nodes: [...nodes, ['MatMul', 'hot table', 'carrier']],
      outputs: 'carrier',
    });
    expect(lookups).toMatchObject([
      { input: 'id', table: 'table', entryCount: 3, dimension: 4, carrier: 'carrier', columns: [0], idCounts: [3] },
    ]);
  });

  test('of ids that are multiplied, or that the graph keeps within the table', async () => {
    const lookups = await lookupsOf({
      inputs: { ids: ['int64', [null, 2]] },
      weights: {
        table: table(10, 2),
        two: integer(2),
        one: integer(1),
        columns: integers(0),
        others: integers(1),
        ten: integer(10),
      },
      nodes: [
        ['Gather', 'ids columns', 'first', { axis: 1 }],
        ['Gather', 'ids others', 'second', { axis: 1 }],
        ['Mul', 'first two', 'doubled'],
        ['Add', 'doubled one', 'odd'],
        ['Gather', 'table odd', 'a'],
        ['Mod', 'second ten', 'hashed'],
        ['Gather', 'table hashed', 'b'],
      ],
      outputs: 'a b',
    });
    // 2·id + 1 ≤ 9
    expect(lookups.map(({ columns, idCounts }) => [columns, idCounts])).toEqual([
      [[0], [5]],
      [[1], [null]],
    ]);
  });

  test('of several inputs that are joined before the lookup', async () => {
    const lookups = await lookupsOf({
      inputs: { item: ['int64', [null, 1]], history: ['int64', [null, 2]] },
      weights: { table: table(7, 3) },
      nodes: [
        ['Concat', 'item history', 'joined', { axis: 1 }],
        ['Gather', 'table joined', 'carrier'],
      ],
      outputs: 'carrier',
    });
    expect(lookups.map(({ input, columns, places }) => [input, columns, places])).toEqual([
      ['item', [0], [0]],
      ['history', [0, 1], [1, 2]],
    ]);
  });

  test('of pieces: split, sliced with a step, transposed, reshaped', async () => {
    const lookups = await lookupsOf({
      inputs: { ids: ['int64', [null, 6]] },
      weights: {
        table: table(7, 3),
        sizes: integers(2, 4),
        grid: integers(-1, 2, 2),
        from: integers(0),
        to: integers(4),
        axis: integers(1),
        step: integers(2),
      },
      nodes: [
        ['Split', 'ids sizes', 'two four', { axis: 1 }],
        ['Gather', 'table two', 'a'],
        ['Reshape', 'four grid', 'square'],
        ['Transpose', 'square', 'turned', { perm: [0, 2, 1] }],
        ['Flatten', 'turned', 'flat'],
        ['Gather', 'table flat', 'b'],
        ['Slice', 'four from to axis step', 'every'],
        ['Gather', 'table every', 'c'],
      ],
      outputs: 'a b c',
    });
    // four is columns 2 to 5: [[2, 3], [4, 5]] turned is 2 4 3 5
    expect(lookups.map(({ carrier, columns }) => [carrier, columns])).toEqual([
      ['a', [0, 1]],
      ['b', [2, 4, 3, 5]],
      ['c', [2, 4]],
    ]);
  });

  test('of nothing else: a Gather of columns, of activations, by ids that are computed', async () => {
    const lookups = await lookupsOf({
      inputs: { x: ['float32', [null, 4]], ids: ['int64', [null, 2]] },
      weights: { columns: integers(0, 2), table: table(9, 2) },
      nodes: [
        ['Gather', 'x columns', 'some', { axis: 1 }],
        ['ArgMax', 'x', 'best', { axis: 1, keepdims: 0 }],
        ['Gather', 'table best', 'of_best'],
        ['ArgMin', 'ids', 'smallest', { axis: 1, keepdims: 0 }],
        ['Gather', 'table smallest', 'of_smallest'],
      ],
      outputs: 'some of_best of_smallest',
    });
    expect(lookups).toEqual([]);
  });
});
