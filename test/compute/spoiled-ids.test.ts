import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelGraph } from '../../src/compute/graph.ts';
import { float32, int64 } from '../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../src/compute/tfjs/executor.ts';
import { carriersOf, straysOf } from '../../src/data/manifest/carriers.ts';
import type { FeatureBinding } from '../../src/data/manifest/manifest.ts';
import { type GraphConstant, writeGraphModel } from '../support/graph-model.ts';
import { type ModelText, modelOf, opened, temporaryFolder } from './onnx/models.ts';

/*
 * Ids that the graph makes of several elements of a row, or that it uses otherwise than to look them up: no tensor holds what one of them
 * stands for, and to move another one instead would be wrong without a word.
 */

type Dtype = 'float32' | 'ids';
const slot = { name: 'id', column: 'id', input: 'x' };
const ids = (index: number): FeatureBinding => ({ ...slot, kind: 'CATEGORICAL', index });
const list: FeatureBinding = { ...slot, kind: 'SEQUENCE', index: 0, length: 3, padding: 0 };

const onnxNodes: Record<string, ModelText['nodes']> = {
  'added up': [
    ['Slice', 'x from0 to1 axis', 'a'],
    ['Slice', 'x from1 to2 axis', 'b'],
    ['Add', 'a b', 'crossed'],
    ['Cast', 'crossed', 'whole', { to: 7 }],
    ['Gather', 'table whole', 'entries'],
  ],
  'one limited by another': [
    ['Slice', 'x from0 to1 axis', 'a'],
    ['Slice', 'x from1 to2 axis', 'b'],
    ['Min', 'a b', 'smaller'],
    ['Cast', 'smaller', 'whole', { to: 7 }],
    ['Gather', 'table whole', 'entries'],
  ],
};

async function inOnnx(nodes: ModelText['nodes'], dtype: Dtype): Promise<ModelGraph> {
  const model = modelOf({
    inputs: { x: [dtype === 'ids' ? 'int64' : 'float32', [null, 3]] },
    weights: {
      table: float32([9, 2], new Float32Array(18)),
      from0: int64([1], [0]),
      to1: int64([1], [1]),
      from1: int64([1], [1]),
      to2: int64([1], [2]),
      axis: int64([1], [1]),
    },
    nodes,
    outputs: nodes.at(-1)?.[2] as string,
  });
  return (await opened(model)).graph;
}

const type = (name: string) => ({ T: { type: name } });
const node = (op: string, name: string, ...input: string[]) => ({ name, op, input, attr: type('DT_FLOAT') });
const whole = (name: string, input: string) => ({
  name,
  op: 'Cast',
  input: [input],
  attr: { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } },
});
const lookup = (name: string, input: string) => ({
  name,
  op: 'GatherV2',
  input: ['table', input, 'zero'],
  attr: { batch_dims: { i: '0' } },
});
const tensorflowNodes: Record<string, object[]> = {
  'added up': [
    node('Slice', 'a', 'x', 'begin0', 'column'),
    node('Slice', 'b', 'x', 'begin1', 'column'),
    node('AddV2', 'crossed', 'a', 'b'),
    whole('whole', 'crossed'),
    lookup('entries', 'whole'),
  ],
  'one limited by another': [
    node('Slice', 'a', 'x', 'begin0', 'column'),
    node('Slice', 'b', 'x', 'begin1', 'column'),
    node('Minimum', 'smaller', 'a', 'b'),
    whole('whole', 'smaller'),
    lookup('entries', 'whole'),
  ],
  'of all rows one after the other': [
    whole('whole', 'x'),
    node('Reshape', 'flat', 'whole', 'minus'),
    lookup('entries', 'flat'),
  ],
};
const constants: readonly GraphConstant[] = [
  ['table', 'float32', [9, 2], new Array(18).fill(0)],
  ['zero', 'int32', [], [0]],
  ['begin0', 'int32', [2], [0, 0]],
  ['begin1', 'int32', [2], [0, 1]],
  ['begin2', 'int32', [2], [0, 2]],
  ['column', 'int32', [2], [-1, 1]],
  ['two', 'int32', [2], [-1, 2]],
  ['minus', 'int32', [1], [-1]],
];

async function inTensorFlow(nodes: readonly object[], dtype: Dtype): Promise<ModelGraph> {
  const home = await temporaryFolder();
  const folder = join(home, 'model');
  const shape = { shape: { dim: [{ size: '-1' }, { size: '3' }] } };
  const x = {
    name: 'x',
    op: 'Placeholder',
    attr: { dtype: { type: dtype === 'ids' ? 'DT_INT32' : 'DT_FLOAT' }, shape },
  };
  await writeGraphModel(folder, constants, [x, ...nodes]);
  return (await tfjsExecutor.register({ path: folder, root: folder }, home)).graph;
}

const backends = {
  ONNX: (how: string, dtype: Dtype) => inOnnx(onnxNodes[how] as ModelText['nodes'], dtype),
  'TensorFlow.js': (how: string, dtype: Dtype) => inTensorFlow(tensorflowNodes[how] as object[], dtype),
};
const cases = [
  ...Object.keys(onnxNodes).map((how) => ['ONNX', how] as const),
  ...Object.keys(tensorflowNodes).map((how) => ['TensorFlow.js', how] as const),
].flatMap(([backend, how]) => (['ids', 'float32'] as const).map((dtype) => [backend, how, dtype] as const));

test.each(cases)('on %s, ids that are %s, of an input of %s, are carried by nothing', async (backend, how, dtype) => {
  const graph = await backends[backend](how, dtype);
  expect(carriersOf(graph, ids(0))).toEqual([]);
  expect(straysOf(graph, ids(0))).not.toEqual([]);
});

describe('a list of which the last id is no id of the table', () => {
  const pieces = {
    ONNX: () =>
      inOnnx(
        [
          ['Slice', 'x from0 to2 axis', 'a'],
          ['Gather', 'table a', 'entries'],
          ['ReduceMax', 'x axis', 'largest'],
          ['Cast', 'largest', 'number', { to: 1 }],
          ['Unsqueeze', 'number axis', 'numbers'],
          ['Add', 'entries numbers', 'all'],
        ],
        'ids',
      ),
    'TensorFlow.js': () =>
      inTensorFlow(
        [
          node('Slice', 'a', 'x', 'begin0', 'two'),
          lookup('entries', 'a'),
          node('Slice', 'b', 'x', 'begin2', 'column'),
          { ...node('Square', 'squared', 'b'), attr: type('DT_INT32') },
        ],
        'ids',
      ),
  };
  test.each(Object.entries(pieces))('on %s is carried by nothing, and its other ids alone are', async (_, open) => {
    const graph = await open();
    expect(carriersOf(graph, list)).toEqual([]);
    expect(straysOf(graph, list)).toMatchObject([{ columns: [2] }]);
    expect(carriersOf(graph, ids(1))).toEqual([{ tensor: 'entries', size: 2, places: [1], elements: [0] }]);
  });
});

test('an id by its remainders has an entry for each', async () => {
  const { lookups } = (
    await opened(
      modelOf({
        inputs: { id: ['int64', [null, 1]] },
        weights: { table: float32([7, 2], new Float32Array(14)), sizes: int64([3], [3, 5, 7]) },
        nodes: [
          ['Mod', 'id sizes', 'remainders'],
          ['Gather', 'table remainders', 'entries'],
        ],
        outputs: 'entries',
      }),
    )
  ).graph;
  expect(lookups).toMatchObject([{ columns: [0, 0, 0], places: [0, 1, 2], offsets: [null, null, null] }]);
});
