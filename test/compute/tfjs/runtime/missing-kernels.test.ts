import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gradient, mul, reduceSum, tensor } from '../../../../src/compute/program.ts';
import { float32 } from '../../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../../src/compute/tfjs/executor.ts';
import { temporaryFolder } from '../../../data/parquet.ts';
import { evaluated } from '../twins.ts';

const type = { T: { type: 'DT_FLOAT' } };
const dim = [-1, 2, 2, 1].map((size) => ({ size: String(size) }));
const two = { list: { i: ['1', '2', '2', '1'] } };

/** The largest of four squares: its kernel has a gradient, and that of its gradient has none. */
const nodes = [
  { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim } } } },
  { name: 'squares', op: 'Square', input: ['x'], attr: type },
  {
    name: 'largest',
    op: 'MaxPool',
    input: ['squares'],
    attr: { ...type, ksize: two, strides: two, padding: { s: 'VkFMSUQ=' } },
  },
];

test('a gradient of a gradient that the library does not have is UNSUPPORTED_BY_EXECUTOR, and says what to do', async () => {
  const top = await temporaryFolder();
  const folder = join(top, 'model');
  await mkdir(folder);
  const model = { format: 'graph-model', modelTopology: { node: nodes }, weightsManifest: [] };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
  const { artifact } = await tfjsExecutor.register({ path: folder, root: folder }, top);
  const opened = await tfjsExecutor.open(artifact, { home: top, threads: 1 });
  const batch = { rowCount: 1, inputs: { x: float32([1, 2, 2, 1], [1, -3, 2, 0]) }, rowValues: {} };
  const first = gradient(tensor('largest'), tensor('x'));
  const { slope } = await evaluated(opened, { outputs: { slope: first } }, batch);
  expect(Array.from(slope?.data as Float32Array)).toEqual([0, -6, 0, 0]);
  const second = gradient(reduceSum(mul(first, first)), tensor('x'));
  await expect(evaluated(opened, { outputs: { second } }, batch)).rejects.toMatchObject({
    code: 'UNSUPPORTED_BY_EXECUTOR',
    message: expect.stringMatching(/no gradient of MaxPoolGrad.*ONNX/),
    details: { kernel: 'MaxPoolGrad' },
  });
});
