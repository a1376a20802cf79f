import { describe, expect, test, vi } from 'vitest';
import { folderOf, readArtifact } from '../../../../src/compute/onnx/artifact.ts';
import { OnnxModel, onnxExecutor, type Spreading } from '../../../../src/compute/onnx/executor.ts';
import type { ModelProto } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import * as p from '../../../../src/compute/program.ts';
import { longestSilenceMs } from '../../../../src/compute/signs-of-life.ts';
import { float32, type Tensor } from '../../../../src/compute/tensor.ts';
import { modelOf, temporaryFolder, valuesOf, written } from '../models.ts';

const spreading: Spreading = { afterMs: 0, lanes: 2, denseParameters: 1 << 20 };

async function opened(model: ModelProto, spread: Spreading = spreading, threads = 2): Promise<OnnxModel> {
  const home = await temporaryFolder();
  const path = await written(model);
  const { artifact } = await onnxExecutor.register({ path, root: path.replace(/\/[^/]*$/, '') }, home);
  return new OnnxModel(await readArtifact(folderOf(artifact, home)), threads, spread);
}

const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, at) => Math.sin(seed + 12.9898 * at) * 2);

/** Large enough that onnxruntime shares its operators among threads. */
const dense = modelOf({
  inputs: { x: ['float32', [null, 64]] },
  weights: { w: float32([64, 256], numbers(64 * 256, 1)), v: float32([256, 3], numbers(768, 2)) },
  nodes: [
    ['MatMul', 'x w', 'wide'],
    ['Relu', 'wide', 'hidden'],
    ['MatMul', 'hidden v', 'y'],
  ],
  outputs: 'y',
});
const batch = (rows: number, seed: number) => ({
  rowCount: rows,
  inputs: { x: float32([rows, 64], numbers(rows * 64, seed)) },
  rowValues: {},
});
const hidden = p.tensor('hidden');
const program = {
  outputs: {
    y: p.tensor('y'),
    gradient: p.gradient(p.tensor('y'), p.tensor('x')),
    sums: p.reduceSum(hidden, [0]),
    products: p.matmul(p.transpose(hidden, [1, 0]), hidden),
  },
};
const numbersOf = (outputs: Readonly<Record<string, Tensor>>) =>
  Object.entries(outputs).map(([name, tensor]) => [name, tensor.dims, valuesOf(tensor)]);

describe('a program in lanes', () => {
  test('gives bit for bit what it gives before they are opened, whichever lane a batch comes to', async () => {
    const [spread, plain] = [await opened(dense), await opened(dense, { ...spreading, afterMs: 1e9 })];
    const [inLanes, here] = [await spread.compile(program), await plain.compile(program)];
    expect([inLanes.concurrency, here.concurrency]).toEqual([3, 1]);
    const batches = Array.from({ length: 8 }, (_, at) => batch(at === 5 ? 1 : 2048, at));
    const together = await Promise.all(batches.map((one) => inLanes.run(one, {})));
    for (const [at, one] of batches.entries())
      expect(numbersOf(together[at] as never)).toEqual(numbersOf(await here.run(one, {})));
    await inLanes.close();
    await here.close();
  });

  test('leaves what it was given untouched: others read the same batch', async () => {
    const compiled = await (await opened(dense)).compile(program);
    const given = batch(4, 1);
    const before = [...given.inputs.x.data];
    await Promise.all([compiled.run(given, {}), compiled.run(given, {})]);
    expect([...given.inputs.x.data]).toEqual(before);
    await compiled.close();
  });

  test('takes parameters with each run', async () => {
    const scaled = { outputs: { y: p.mul(p.tensor('y'), p.parameter('by', 'float32', [])) } };
    const compiled = await (await opened(dense)).compile(scaled);
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map((by) => compiled.run(batch(2, 1), { by: float32([], [by]) })),
    );
    const first = valuesOf(one?.y);
    expect(valuesOf(two?.y)).toEqual(first.map((value) => 2 * value));
    expect(valuesOf(three?.y)).toEqual(first.map((value) => Math.fround(3 * value)));
    await compiled.close();
  });

  test('says where a batch failed, and goes on with the next', async () => {
    const gather = modelOf({
      inputs: { at: ['int64', [null]] },
      weights: { table: float32([2, 1], [3, 4]) },
      nodes: [['Gather', 'table at', 'y', { axis: 0 }]],
      outputs: 'y',
    });
    const compiled = await (await opened(gather)).compile({ outputs: { y: p.tensor('y') } });
    const asked = (id: bigint) => ({
      rowCount: 1,
      inputs: { at: { dtype: 'int64' as const, dims: [1], data: BigInt64Array.of(id) } },
      rowValues: {},
    });
    const [good, bad] = await Promise.allSettled([compiled.run(asked(1n), {}), compiled.run(asked(7n), {})]);
    expect(valuesOf((good as PromiseFulfilledResult<Record<string, Tensor>>).value.y)).toEqual([4]);
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { code: 'ANALYSIS_FAILED', details: { operator: 'Gather' } },
    });
    expect(valuesOf((await compiled.run(asked(0n), {})).y)).toEqual([3]);
    await compiled.close();
  });
});

test('a lane is silent while it is at work, and no longer', async () => {
  const compiled = await (await opened(dense)).compile(program);
  expect(longestSilenceMs()).toBe(0);
  const running = compiled.run(batch(4096, 1), {});
  await vi.waitUntil(() => longestSilenceMs() > 0, { interval: 1 });
  await running;
  expect(longestSilenceMs()).toBe(0);
  await compiled.close();
});

describe('lanes are opened', () => {
  test('when a program has run for a while, and not for a few batches', async () => {
    const compiled = await (await opened(dense, { ...spreading, afterMs: 50 })).compile(program);
    await compiled.run(batch(1, 1), {});
    expect(compiled.concurrency).toBe(1);
    for (let at = 0; compiled.concurrency === 1; at++) await compiled.run(batch(4096, at), {});
    expect(compiled.concurrency).toBe(3);
    await compiled.close();
  });

  test('for no model that has more weights to multiply than each could pack anew; tables do not count', async () => {
    const few = await (await opened(dense, { ...spreading, denseParameters: 1000 })).compile(program);
    expect(few.concurrency).toBe(1);
    await few.close();
    const table = modelOf({
      inputs: { id: ['int64', [null]] },
      weights: { table: float32([2000, 1], numbers(2000, 1)) },
      nodes: [['Gather', 'table id', 'y', { axis: 0 }]],
      outputs: 'y',
    });
    const many = await (await opened(table, { ...spreading, denseParameters: 1000 })).compile({
      outputs: { y: p.tensor('y') },
    });
    expect(many.concurrency).toBe(3);
    await many.close();
  });

  test('for no process that has one thread', async () => {
    const compiled = await (await opened(dense, spreading, 1)).compile(program);
    expect(compiled.concurrency).toBe(1);
    await compiled.close();
  });
});
