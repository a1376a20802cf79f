import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { onnxExecutor } from '../../src/compute/onnx/executor.ts';
import { gradient, mul, parameter, reduceSum, tensor } from '../../src/compute/program.ts';
import { float32 } from '../../src/compute/tensor.ts';
import { fuse, outputsOf, parametersFor } from '../../src/pass/fuse.ts';
import { modelOf, written } from '../compute/onnx/models.ts';

test('programs that call a parameter by the same name have one each', async () => {
  const path = await written(
    modelOf({ inputs: { x: ['float32', [null, 1]] }, weights: {}, nodes: [['Neg', 'x', 'y']], outputs: 'y' }),
  );
  const home = dirname(path);
  const { artifact } = await onnxExecutor.register({ path, root: home }, home);
  const model = await onnxExecutor.open(artifact, { home, threads: 1 });
  const factor = parameter('factor', 'float32', []);
  const product = mul(tensor('y'), factor);
  const [fused, ...others] = fuse([
    { outputs: { product } },
    { outputs: { product, slope: gradient(reduceSum(product), factor) } },
  ]);
  expect(others).toEqual([]);
  const compiled = await model.compile(fused?.program ?? { outputs: {} });
  const parameters = [2, 3].map((value, member) =>
    parametersFor(member, { factor: float32([], Float32Array.of(value)) }),
  );
  const batch = { rowCount: 2, inputs: { x: float32([2, 1], Float32Array.of(1, 5)) }, rowValues: {} };
  const outputs = await compiled.run(batch, Object.assign({}, ...parameters));
  expect([...(outputsOf(0, outputs).product?.data ?? [])]).toEqual([-2, -10]);
  expect([...(outputsOf(1, outputs).product?.data ?? [])]).toEqual([-3, -15]);
  expect([...(outputsOf(1, outputs).slope?.data ?? [])]).toEqual([-6]);
  await compiled.close();
  await model.close();
});
