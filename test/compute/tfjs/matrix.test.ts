import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OpenModel } from '../../../src/compute/executor.ts';
import { add, gradient, mul, reduceSum, scalar, tensor } from '../../../src/compute/program.ts';
import { float32, type Tensor } from '../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { temporaryFolder } from '../../data/parquet.ts';
import { type GraphConstant, writeGraphModel } from '../../support/graph-model.ts';
import { evaluated } from './twins.ts';

const type = (name: string) => ({ T: { type: name } });
const columns = (name: string, begin: string, end: string) => ({
  name,
  op: 'StridedSlice',
  input: ['x', begin, end, 'strides'],
  attr: { ...type('DT_FLOAT'), begin_mask: { i: '1' }, end_mask: { i: '1' } },
});

/**
 * Ids and numbers in one matrix of floats: x₀ counts from 1 and is looked up in a table of three entries, x₁ and x₂ are numbers.
 * logit = entry · (1, 1) + 2x₁ + 3x₂², score = sigmoid.
 */
const nodes = [
  {
    name: 'x',
    op: 'Placeholder',
    attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '3' }] } } },
  },
  columns('id', 'c0', 'c1'),
  { name: 'whole', op: 'Cast', input: ['id'], attr: { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } } },
  { name: 'place', op: 'Sub', input: ['whole', 'one'], attr: type('DT_INT32') },
  { name: 'entries', op: 'GatherV2', input: ['table', 'place', 'zero'], attr: { batch_dims: { i: '0' } } },
  { name: 'flat', op: 'Reshape', input: ['entries', 'pairs'], attr: type('DT_FLOAT') },
  columns('first', 'c1', 'c2'),
  columns('second', 'c2', 'c3'),
  { name: 'squared', op: 'Square', input: ['second'], attr: type('DT_FLOAT') },
  { name: 'joined', op: 'ConcatV2', input: ['flat', 'first', 'squared', 'one'], attr: { N: { i: '3' } } },
  {
    name: 'logit',
    op: 'MatMul',
    input: ['joined', 'w'],
    attr: { transpose_a: { b: false }, transpose_b: { b: false } },
  },
  { name: 'score', op: 'Sigmoid', input: ['logit'], attr: type('DT_FLOAT') },
];
const constants: readonly GraphConstant[] = [
  ['c0', 'int32', [2], [0, 0]],
  ['c1', 'int32', [2], [0, 1]],
  ['c2', 'int32', [2], [0, 2]],
  ['c3', 'int32', [2], [0, 3]],
  ['strides', 'int32', [2], [1, 1]],
  ['one', 'int32', [], [1]],
  ['zero', 'int32', [], [0]],
  ['pairs', 'int32', [2], [-1, 2]],
  ['table', 'float32', [3, 2], [1, 2, 3, 4, 5, 6]],
  ['w', 'float32', [4, 1], [1, 1, 2, 3]],
];

async function matrix(): Promise<OpenModel> {
  const top = await temporaryFolder();
  const folder = join(top, 'model');
  await writeGraphModel(folder, constants, nodes);
  const { artifact } = await tfjsExecutor.register({ path: folder, root: folder }, top);
  return tfjsExecutor.open(artifact, { home: top, threads: 1 });
}

const valuesOf = (tensor: Tensor | undefined): number[] => Array.from((tensor as Tensor).data as Float32Array);
const batch = { rowCount: 2, inputs: { x: float32([2, 3], [1, 10, 1, 3, 20, 2]) }, rowValues: {} };

describe('ids and numbers in one matrix of floats', () => {
  test('are followed to the table, the shift of the ids considered', async () => {
    const { graph } = await matrix();
    expect(graph.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [null, 3] }]);
    expect(graph.lookups).toEqual([
      {
        input: 'x',
        table: 'table',
        entryCount: 3,
        dimension: 2,
        ids: 'place',
        carrier: 'entries',
        columns: [0],
        places: [0],
        offsets: [-1],
        idCounts: [4],
      },
    ]);
    expect(graph.logits).toEqual([{ output: 'score', index: 0, tensor: 'logit', tensorIndex: 0 }]);
  });

  test('have a gradient through slices, of zero where a number is an id', async () => {
    const model = await matrix();
    const first = gradient(tensor('logit'), tensor('x'));
    const { logit, byInput, byCarrier, second } = await evaluated(
      model,
      {
        outputs: {
          logit: tensor('logit'),
          byInput: first,
          byCarrier: gradient(tensor('logit'), tensor('entries')),
          second: gradient(reduceSum(mul(first, first)), tensor('x')),
        },
      },
      batch,
    );
    expect(valuesOf(logit)).toEqual([26, 63]);
    expect(valuesOf(byInput)).toEqual([0, 2, 6, 0, 2, 12]);
    expect(valuesOf(byCarrier)).toEqual([1, 1, 1, 1]);
    // (6x₂)² by x₂ is 72x₂.
    expect(valuesOf(second)).toEqual([0, 0, 72, 0, 0, 144]);
  });

  test('are overridden before everything that reads them', async () => {
    const model = await matrix();
    const { logit } = await evaluated(
      model,
      {
        overrides: { x: add(tensor('x'), scalar(0)), flat: mul(tensor('flat'), scalar(0)) },
        outputs: { logit: tensor('logit') },
      },
      batch,
    );
    expect(valuesOf(logit)).toEqual([23, 52]);
  });
});
