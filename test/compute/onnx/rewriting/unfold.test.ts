import { describe, expect, test } from 'vitest';
import * as p from '../../../../src/compute/program.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { type ModelText, modelOf, opened, run, valuesOf } from '../models.ts';

/** Entry i is [i, 10 i]. */
const table = float32([4, 2], [0, 0, 1, 10, 2, 20, 3, 30]);

/** The ids of all rows as one list, looked up, and back to rows. */
const flattened: ModelText = {
  inputs: { ids: ['int64', [null, 3]] },
  weights: { table, flat: int64([1], [-1]), wide: int64([2], [-1, 6]) },
  nodes: [
    ['Reshape', 'ids flat', 'list'],
    ['Gather', 'table list', 'vectors'],
    ['Reshape', 'vectors wide', 'joined'],
  ],
  outputs: 'joined',
};

describe('ids that were flattened', () => {
  test('are looked up in their rows, and give what they gave', async () => {
    const model = await opened(modelOf(flattened));
    const outputs = { joined: p.tensor('joined'), vectors: p.tensor('vectors') };
    const { joined, vectors } = await run(model, { outputs }, { ids: int64([2, 3], [1, 2, 3, 0, 1, 0]) });
    expect(joined?.dims).toEqual([2, 6]);
    expect(valuesOf(joined)).toEqual([1, 10, 2, 20, 3, 30, 0, 0, 1, 10, 0, 0]);
    expect(vectors?.dims).toEqual([6, 2]);
  });

  test('have carriers, with a gradient for each row and column', async () => {
    const model = await opened(modelOf(flattened));
    const [lookup, ...others] = model.graph.lookups;
    expect(others).toEqual([]);
    expect(lookup).toMatchObject({ input: 'ids', table: 'table', columns: [0, 1, 2], places: [0, 1, 2] });
    const carrier = p.tensor(lookup?.carrier ?? '');
    const square = p.mul(p.tensor('joined'), p.tensor('joined'));
    const { gradient } = await run(
      model,
      { outputs: { gradient: p.gradient(square, carrier) } },
      { ids: int64([2, 3], [1, 2, 3, 0, 1, 0]) },
    );
    expect(gradient?.dims).toEqual([2, 3, 2]);
    expect(valuesOf(gradient)).toEqual([2, 20, 4, 40, 6, 60, 0, 0, 2, 20, 0, 0]);
  });
});

test('ids that still lie in rows stay as they are', async () => {
  const { graph } = await opened(
    modelOf({
      inputs: { ids: ['int64', [null, 3, 1]] },
      weights: { table, axis: int64([1], [2]) },
      nodes: [
        ['Squeeze', 'ids axis', 'rows'],
        ['Gather', 'table rows', 'vectors'],
      ],
      outputs: 'vectors',
    }),
  );
  expect(graph.tensors.map(({ name }) => name)).toEqual(['ids', 'rows', 'vectors']);
  expect(graph.lookups[0]).toMatchObject({ carrier: 'vectors', columns: [0, 1, 2] });
});
