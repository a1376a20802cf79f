import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BatchInput } from '../../../src/compute/executor.ts';
import * as p from '../../../src/compute/program.ts';
import { type Expression, gradient, type Program, parameter, reduceSum, tensor } from '../../../src/compute/program.ts';
import { float32, int64, type Tensor } from '../../../src/compute/tensor.ts';
import { runtime } from '../../../src/compute/tfjs/runtime/runtime.ts';
import { evaluated, openTwins, type Twins, twinsFolder } from './twins.ts';

const expected = JSON.parse(readFileSync(join(twinsFolder, 'expected.json'), 'utf8'));
const whole = (dims: number[], values: number[]): Tensor => ({ dtype: 'int32', dims, data: Int32Array.from(values) });
const batch: BatchInput = {
  rowCount: 5,
  inputs: {
    city: whole([5, 1], expected.inputs.city),
    visits: whole([5, 4], expected.inputs.visits),
    numbers: float32([5, 3], expected.inputs.numbers),
  },
  rowValues: { label: float32([5], [1, 0, 1, 0, 1]) },
};

/** The same tensors in both exports. */
const names = {
  tfjs: {
    score: 'Identity',
    logit: 'StatefulPartitionedCall/model/score/Sigmoid/BiasAdd',
    hidden: 'StatefulPartitionedCall/model/hidden/Relu',
    city: 'StatefulPartitionedCall/model/city_table/embedding_lookup',
    visits: 'StatefulPartitionedCall/model/visit_table/embedding_lookup',
  },
  onnx: {
    score: 'score',
    logit: 'model/score/BiasAdd:0',
    hidden: 'model/hidden/Relu:0',
    city: 'model/city_table/embedding_lookup:0',
    visits: 'model/visit_table/embedding_lookup:0',
  },
};
type Names = (typeof names)['tfjs'];

let twins: Twins;
beforeAll(async () => {
  twins = await openTwins();
});

const numbersOf = ({ data }: Tensor): number[] => Array.from(data as ArrayLike<number | bigint>, Number);

function expectSame(actual: Tensor | undefined, wanted: Tensor | undefined): void {
  expect(actual?.dtype).toBe(wanted?.dtype);
  expect(actual?.dims).toEqual(wanted?.dims);
  expectClose(actual, numbersOf(wanted as Tensor));
}

function expectClose(actual: Tensor | undefined, wanted: readonly number[]): void {
  const values = numbersOf(actual as Tensor);
  expect(values).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    if (Number.isFinite(value)) expect(values[at]).toBeCloseTo(value, 5);
    else expect(values[at]).toBe(value);
}

/** A program gives the same on both backends. */
async function expectTwins(make: (names: Names) => Program, parameters: Record<string, Tensor> = {}): Promise<void> {
  const tfjs = await evaluated(twins.tfjs, make(names.tfjs), batch, parameters);
  const onnx = await evaluated(twins.onnx, make(names.onnx), batch, parameters);
  expect(Object.keys(tfjs)).toEqual(Object.keys(onnx));
  for (const [name, value] of Object.entries(onnx)) expectSame(tfjs[name], value);
}

describe('a graph model', () => {
  test('scores as TensorFlow does, and has its gradients by every carrier', async () => {
    const { score, logit, city, visits } = names.tfjs;
    const outputs = await evaluated(
      twins.tfjs,
      {
        outputs: {
          score: tensor(score),
          city: gradient(tensor(logit), tensor(city)),
          visits: gradient(tensor(logit), tensor(visits)),
          numbers: gradient(tensor(logit), tensor('numbers')),
        },
      },
      batch,
    );
    expectClose(outputs.score, expected.score);
    for (const name of ['city', 'visits', 'numbers']) expectClose(outputs[name], expected.gradients[name]);
  });

  test('has a gradient of zero by what a target does not depend on', async () => {
    await expectTwins(({ hidden, logit }) => ({ outputs: { none: gradient(tensor(hidden), tensor(logit)) } }));
  });

  test('has the gradients of gradients', async () => {
    await expectTwins(({ score, city }) => {
      const first = gradient(tensor(score), tensor(city));
      return {
        outputs: {
          curvature: gradient(reduceSum(p.mul(first, first)), tensor(city)),
          mixed: gradient(reduceSum(p.mul(first, first)), tensor('numbers')),
        },
      };
    });
  });

  test('is overridden by what may read the original, and differentiated through that', async () => {
    const alpha = parameter('alpha', 'float32', []);
    await expectTwins(
      ({ logit, hidden, city }) => ({
        overrides: { [city]: p.mul(tensor(city), alpha), [hidden]: p.add(tensor(hidden), p.scalar(1)) },
        outputs: {
          logit: tensor(logit),
          moved: tensor(hidden),
          byCarrier: gradient(tensor(logit), tensor(city)),
          byHidden: gradient(tensor(logit), tensor(hidden)),
          byAlpha: gradient(tensor(logit), alpha),
        },
      }),
      { alpha: float32([], [0.5]) },
    );
  });

  test('reads row values beside its tensors', async () => {
    await expectTwins(({ logit }) => ({
      outputs: { product: p.matmul(p.row('label'), tensor(logit)) },
    }));
  });

  test('leaves no tensor behind', async () => {
    const tf = await runtime(1);
    const { logit, city, hidden } = names.tfjs;
    const first = gradient(tensor(logit), tensor(city));
    const program = await twins.tfjs.compile({
      overrides: { [hidden]: p.mul(tensor(hidden), p.scalar(2)) },
      outputs: { first, second: gradient(reduceSum(p.mul(first, first)), tensor(city)), hidden: tensor(hidden) },
    });
    await program.run(batch, {});
    const { numTensors } = tf.memory();
    for (let pass = 0; pass < 20; pass++) await program.run(batch, {});
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('names a tensor that it does not have', async () => {
    await expect(twins.tfjs.compile({ outputs: { x: tensor('StatefulPartitionedCall') } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('takes no whole number of more than 32 bits', async () => {
    const inputs = { ...batch.inputs, city: int64([5, 1], [2 ** 31, 0, 0, 0, 0]) };
    await expect(
      evaluated(twins.tfjs, { outputs: { score: tensor('Identity') } }, { ...batch, inputs }),
    ).rejects.toMatchObject({ code: 'ANALYSIS_FAILED', message: expect.stringContaining('2147483648') });
  });
});

const a = parameter('a', 'float32', [2, 3]);
const b = parameter('b', 'float32', [3]);
const i = parameter('i', 'int64', [2]);
const parameters = {
  a: float32([2, 3], [-2, 0, 0.5, 1, 1, 3]),
  b: float32([3], [1, 0, -0.5]),
  i: int64([2], [-1, 0]),
};
const less = p.less(a, b);

/** Expressions of a, b and i, one for each meaning of an operator. */
const operators: Record<string, Expression> = {
  add: p.add(a, b),
  sub: p.sub(a, b),
  mul: p.mul(a, b),
  div: p.div(a, p.add(b, p.scalar(2))),
  'div of whole numbers': p.div(i, p.constant(int64([], [2]))),
  pow: p.pow(p.abs(a), p.add(b, p.scalar(2))),
  'matmul with a vector': p.matmul(a, b),
  'matmul of vectors': p.matmul(b, b),
  'matmul of matrices': p.matmul(p.transpose(a, [1, 0]), a),
  minimum: p.minimum(a, b),
  maximum: p.maximum(a, b),
  neg: p.neg(a),
  abs: p.abs(a),
  sign: p.sign(a),
  exp: p.exp(a),
  log: p.log(p.abs(a)),
  sqrt: p.sqrt(p.abs(a)),
  sigmoid: p.sigmoid(a),
  tanh: p.tanh(a),
  relu: p.relu(a),
  softplus: p.softplus(a),
  equal: p.equal(a, b),
  less,
  greater: p.greater(a, b),
  not: p.not(less),
  and: p.and(less, p.not(p.equal(a, b))),
  or: p.or(less, p.equal(a, b)),
  where: p.where(less, a, b),
  'cast to whole numbers': p.cast(a, 'int64'),
  'cast of a mask': p.cast(less, 'float32'),
  reshape: p.reshape(a, [0, -1, 1]),
  expand: p.expand(b, [2, 1]),
  transpose: p.transpose(a, [1, 0]),
  concat: p.concat([a, a], 1),
  slice: p.slice(a, 1, -2, 9),
  'slice with steps': p.slice(a, 1, 0, 9, 2),
  gather: p.gather(a, i, 1),
  reduceSum: p.reduceSum(a, [0]),
  'reduceSum of all': p.reduceSum(a),
  'reduceSum of none': p.reduceSum(a, []),
  reduceMean: p.reduceMean(a, [1], true),
  reduceMin: p.reduceMin(a, [-1]),
  reduceMax: p.reduceMax(a, [1]),
};

describe('an operator of programs has the meaning that it has on ONNX', () => {
  test.each(Object.entries(operators))('%s', async (_, result) => {
    await expectTwins(() => ({ outputs: { result } }), parameters);
  });
});

/** Those with a gradient, at kinks and ties too. */
const differentiable = Object.entries(operators).filter(
  ([name]) => !/whole|equal|less|greater|not|and$|^or$|mask|pow|^log$|^sqrt$/.test(name),
);

describe('its first and second derivative too', () => {
  test.each(differentiable)('%s', async (_, result) => {
    const target = reduceSum(p.mul(result, result));
    const first = gradient(target, a);
    await expectTwins(() => ({ outputs: { first, second: gradient(reduceSum(p.mul(first, first)), a) } }), parameters);
  });
});
