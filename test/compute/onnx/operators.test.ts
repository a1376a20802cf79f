import { describe, expect, test } from 'vitest';
import type { OpenModel } from '../../../src/compute/executor.ts';
import * as p from '../../../src/compute/program.ts';
import { float32, int64, type Tensor } from '../../../src/compute/tensor.ts';
import { modelOf, opened, run, valuesOf } from './models.ts';

/** a and b are [2, 3], c is [3], i is int64 [2]. */
const a = [-2, -1, 0, 1, 2, 3];
const b = [1, 2, 3, 3, 2, 1];
const c = [1, 2, 4];
const inputs = { a: float32([2, 3], a), b: float32([2, 3], b), c: float32([3], c), i: int64([2], [2, 0]) };
const [A, B, C, I] = [p.tensor('a'), p.tensor('b'), p.tensor('c'), p.tensor('i')];

const model = (opset: number): Promise<OpenModel> =>
  opened(
    modelOf({
      opset,
      inputs: { a: ['float32', [null, 3]], b: ['float32', [null, 3]], c: ['float32', [3]], i: ['int64', [null]] },
      nodes: ['a', 'b', 'c', 'i'].map((name) => ['Identity', name, `${name}_out`]),
      outputs: 'a_out b_out c_out i_out',
    }),
  );

const each = (f: (x: number) => number) => a.map(f);
const pairs = (f: (x: number, y: number) => number) => a.map((x, index) => f(x, b[index] ?? 0));
const rows = <T>(list: readonly T[]): T[][] => [list.slice(0, 3), list.slice(3)];
const columns = rows(a)[0]?.map((x, index) => [x, a[index + 3] ?? 0]) ?? [];
const sum = (list: readonly number[]) => list.reduce((total, x) => total + x, 0);

/** What each operator means, in JavaScript. */
const cases: Record<p.Operator, [expression: p.Expression, values: number[], dims: number[]][]> = {
  add: [
    [p.add(A, B), pairs((x, y) => x + y), [2, 3]],
    [p.add(A, C), a.map((x, index) => x + (c[index % 3] ?? 0)), [2, 3]],
  ],
  sub: [[p.sub(A, B), pairs((x, y) => x - y), [2, 3]]],
  mul: [[p.mul(A, p.scalar(3)), each((x) => x * 3), [2, 3]]],
  div: [[p.div(A, B), pairs((x, y) => x / y), [2, 3]]],
  pow: [[p.pow(A, p.scalar(2)), each((x) => x ** 2), [2, 3]]],
  matmul: [[p.matmul(A, p.transpose(B, [1, 0])), [-4, -8, 14, 10], [2, 2]]],
  minimum: [[p.minimum(A, B), pairs(Math.min), [2, 3]]],
  maximum: [[p.maximum(A, B), pairs(Math.max), [2, 3]]],
  neg: [[p.neg(A), each((x) => -x), [2, 3]]],
  abs: [[p.abs(A), each(Math.abs), [2, 3]]],
  sign: [[p.sign(A), each(Math.sign), [2, 3]]],
  exp: [[p.exp(A), each(Math.exp), [2, 3]]],
  log: [[p.log(B), b.map(Math.log), [2, 3]]],
  sqrt: [[p.sqrt(B), b.map(Math.sqrt), [2, 3]]],
  sigmoid: [[p.sigmoid(A), each((x) => 1 / (1 + Math.exp(-x))), [2, 3]]],
  tanh: [[p.tanh(A), each(Math.tanh), [2, 3]]],
  relu: [[p.relu(A), each((x) => Math.max(x, 0)), [2, 3]]],
  softplus: [[p.softplus(A), each((x) => Math.log1p(Math.exp(x))), [2, 3]]],
  equal: [[p.equal(A, B), pairs((x, y) => Number(x === y)), [2, 3]]],
  less: [[p.less(A, B), pairs((x, y) => Number(x < y)), [2, 3]]],
  greater: [[p.greater(A, B), pairs((x, y) => Number(x > y)), [2, 3]]],
  not: [[p.not(p.less(A, B)), pairs((x, y) => Number(x >= y)), [2, 3]]],
  and: [[p.and(p.less(A, B), p.less(A, p.scalar(0))), pairs((x, y) => Number(x < y && x < 0)), [2, 3]]],
  or: [[p.or(p.greater(A, B), p.less(A, p.scalar(0))), pairs((x, y) => Number(x > y || x < 0)), [2, 3]]],
  where: [[p.where(p.less(A, p.scalar(0)), B, A), pairs((x, y) => (x < 0 ? y : x)), [2, 3]]],
  cast: [
    [p.cast(p.less(A, B), 'float32'), pairs((x, y) => Number(x < y)), [2, 3]],
    [p.cast(I, 'float32'), [2, 0], [2]],
    [p.cast(A, 'bool'), each((x) => Number(x !== 0)), [2, 3]],
  ],
  reshape: [[p.reshape(A, [0, 1, -1]), a, [2, 1, 3]]],
  transpose: [[p.transpose(A, [1, 0]), columns.flat(), [3, 2]]],
  concat: [
    [p.concat([A, B], 0), [...a, ...b], [4, 3]],
    [p.concat([A, B], -1), rows(a).flatMap((row, index) => [...row, ...(rows(b)[index] ?? [])]), [2, 6]],
  ],
  slice: [
    [p.slice(A, 1, 1, 3), rows(a).flatMap((row) => row.slice(1, 3)), [2, 2]],
    [p.slice(A, -1, -1, 3), rows(a).flatMap((row) => row.slice(-1)), [2, 1]],
    [p.slice(A, 1, 0, 9, 2), rows(a).flatMap(([first, , third]) => [first ?? 0, third ?? 0]), [2, 2]],
  ],
  gather: [[p.gather(A, I, 1), rows(a).flatMap((row) => [row[2] ?? 0, row[0] ?? 0]), [2, 2]]],
  expand: [[p.expand(C, [2, 3]), [...c, ...c], [2, 3]]],
  reduceSum: [
    [p.reduceSum(A), [sum(a)], []],
    [p.reduceSum(A, [1]), rows(a).map(sum), [2]],
    [p.reduceSum(A, [-1], true), rows(a).map(sum), [2, 1]],
    [p.reduceSum(A, []), a, [2, 3]],
  ],
  reduceMean: [[p.reduceMean(A, [0]), columns.map((column) => sum(column) / 2), [3]]],
  reduceMin: [[p.reduceMin(A, [1]), rows(a).map((row) => Math.min(...row)), [2]]],
  reduceMax: [[p.reduceMax(A, [0, 1], true), [3], [1, 1]]],
};

describe.each([11, 13, 18, 21])('with opset %i', (opset) => {
  test('every operator means what it means in JavaScript', async () => {
    const all = Object.entries(cases).flatMap(([name, list]) =>
      list.map(([expression, values, dims], index) => ({ key: `${name} ${index}`, expression, values, dims })),
    );
    const outputs = Object.fromEntries(all.map(({ key, expression }) => [key, expression]));
    const results = await run(await model(opset), { outputs }, inputs);
    for (const { key, values, dims } of all) {
      expect(results[key]?.dims, key).toEqual(dims);
      for (const [index, value] of valuesOf(results[key]).entries())
        expect(value, key).toBeCloseTo(values[index] ?? 0, 5);
      expect(valuesOf(results[key]), key).toHaveLength(values.length);
    }
  });
});

test('an old opset says which operator it lacks', async () => {
  const old = await model(8);
  await expect(old.compile({ outputs: { x: p.where(p.not(p.cast(A, 'bool')), A, A) } })).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operator: 'Where', opset: 8 },
  });
  const outputs = { sliced: p.slice(A, 1, 0, 1), stepped: p.slice(A, 1, 0, 9, 2) };
  const { sliced, stepped } = await run(old, { outputs }, inputs as Record<string, Tensor>);
  expect(valuesOf(sliced)).toEqual([-2, 1]);
  expect(valuesOf(stepped)).toEqual(rows(a).flatMap(([first, , third]) => [first, third]));
});

test('of an old opset comparisons are refused only where they were not yet of such numbers', async () => {
  const old = await model(7);
  const outputs = {
    equal: p.equal(I, p.cast(p.slice(C, 0, 1, 3), 'int64')),
    less: p.less(A, B),
    greater: p.greater(A, B),
  };
  const { equal, less, greater } = await run(old, { outputs }, inputs as Record<string, Tensor>);
  expect(valuesOf(equal)).toEqual([1, 0]);
  expect(valuesOf(less)).toEqual(pairs((x, y) => Number(x < y)));
  expect(valuesOf(greater)).toEqual(pairs((x, y) => Number(x > y)));
  for (const [operator, expression] of [
    ['Equal', p.equal(A, B)],
    ['Less', p.less(I, I)],
    ['Greater', p.greater(I, I)],
  ] as const)
    await expect(old.compile({ outputs: { x: expression } })).rejects.toMatchObject({
      details: { operator, opset: 7 },
    });
});
