import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reshape, slice, tensor } from '../../src/compute/program.ts';
import { float32 } from '../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../src/compute/tfjs/executor.ts';
import { writeGraphModel } from '../support/graph-model.ts';
import { modelOf, opened, run, temporaryFolder, valuesOf } from './onnx/models.ts';
import { ifNative } from './tfjs/native.ts';

const x = { x: float32([2, 3], [1, 2, 3, 4, 5, 6]) };

async function inOnnx() {
  return opened(modelOf({ inputs: { x: ['float32', [null, 3]] }, nodes: [['Identity', 'x', 'y']], outputs: 'y' }));
}

async function inTensorFlow() {
  const home = await temporaryFolder();
  const folder = join(home, 'model');
  const shape = { shape: { dim: [{ size: '-1' }, { size: '3' }] } };
  await writeGraphModel(
    folder,
    [],
    [
      { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape } },
      { name: 'y', op: 'Relu', input: ['x'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
  );
  const { artifact } = await tfjsExecutor.register({ path: folder, root: folder }, home);
  return tfjsExecutor.open(artifact, { home, threads: 1 });
}

describe.each([
  ['ONNX', inOnnx],
  ['TensorFlow.js', inTensorFlow],
])('a slice of a program, on %s', (_, open) => {
  test.each([
    ['begins beyond its axis', slice(tensor('x'), 1, 3, 4)],
    ['ends beyond it', slice(tensor('x'), -1, 2, 5)],
    ['does so of a shape that is computed', slice(reshape(tensor('x'), [0, 1, -1]), 2, 4, 5)],
  ])('that %s is an error', async (__, out) => {
    const model = await open();
    await expect(run(model, { outputs: { out } }, x)).rejects.toMatchObject({
      code: 'ANALYSIS_FAILED',
      message: expect.stringContaining('which has 3'),
    });
  });

  test('that takes nothing, or whatever there is, is none', async () => {
    const model = await open();
    const outputs = {
      none: slice(tensor('x'), 1, 3, 3),
      every: slice(tensor('x'), 1, 0, 9, 2),
      last: slice(tensor('x'), 1, -1, 9),
    };
    const { none, every, last } = await run(model, { outputs }, x);
    expect([none?.dims, valuesOf(every), valuesOf(last)]).toEqual([
      [2, 0],
      [1, 3, 4, 6],
      [3, 6],
    ]);
  });
});

/** What operators of the library do beyond a tensor on a device. */
const beyond = `
  const { runtime } = await import('./src/compute/tfjs/runtime/runtime.ts');
  const tf = await runtime(1);
  const rows = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const whole = (values, shape) => tf.tensor(values, shape, 'int32');
  const attempts = {
    slice: () => tf.slice(rows, [0, 5], [2, 1]),
    longSlice: () => tf.slice(rows, [0, 2], [2, 3]),
    gather: () => tf.gather(rows, whole([5], [1]), 1),
    gatherNd: () => tf.gatherND(rows, whole([7, 7], [1, 2])),
    scatterNd: () => tf.scatterND(whole([9], [1, 1]), tf.tensor1d([1]), [4]),
    update: () => tf.tensorScatterUpdate(tf.tensor1d([1, 2]), whole([9], [1, 1]), tf.tensor1d([1])),
    within: () => tf.slice(rows, [0, 1], [2, 2]),
  };
  const said = Object.entries(attempts).map(([name, attempt]) => {
    try {
      return [name, [...attempt().dataSync()]];
    } catch {
      return [name, 'error'];
    }
  });
  console.log(JSON.stringify(Object.fromEntries(said)));
`;

describe('the library itself reads and writes nothing beyond a tensor', () => {
  const said = (device: string): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '--eval', beyond], {
        env: { ...process.env, TFJS_DEVICE: device },
        encoding: 'utf8',
      }),
    );
  const error = 'error';
  const right = { slice: error, longSlice: error, gather: error, gatherNd: error, scatterNd: error, update: error };

  test.each(['wasm', 'cpu'])('on %s', (device) => {
    expect(said(device)).toEqual({ ...right, within: [2, 3, 5, 6] });
  });

  ifNative('on native TensorFlow', () => {
    expect(said('tensorflow')).toEqual({ ...right, within: [2, 3, 5, 6] });
  });
});
