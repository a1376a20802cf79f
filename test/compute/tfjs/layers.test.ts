import { beforeAll, describe, expect, test } from 'vitest';
import * as p from '../../../src/compute/program.ts';
import { gradient, type Program, reduceSum, tensor } from '../../../src/compute/program.ts';
import type { Tensor } from '../../../src/compute/tensor.ts';
import { runtime } from '../../../src/compute/tfjs/runtime/runtime.ts';
import { type Opened, openForm } from './forms.ts';
import { evaluated } from './twins.ts';

const numbersOf = (values: Tensor | undefined): number[] => Array.from(values?.data as Float32Array);

describe('a layers model', () => {
  let towers: Opened;
  let sequences: Opened;
  beforeAll(async () => {
    towers = await openForm('towers', 'layers');
    sequences = await openForm('sequences', 'layers');
  });
  const run = ({ model, batch }: Opened, program: Program) => evaluated(model, program, batch);

  test('is called by its layers’ names, those of a model in the model and of a second call included', () => {
    expect(towers.model.graph.layers.map(({ name, kind, units }) => [name, kind, units])).toEqual([
      ['shops', 'EMBEDDING', 4],
      ['tower/first', 'DENSE', 5],
      ['tower/batch', 'NORMALIZATION', 5],
      ['tower/second', 'DENSE', 4],
      ['tower/first#2', 'DENSE', 5],
      ['tower/batch#2', 'NORMALIZATION', 5],
      ['tower/second#2', 'DENSE', 4],
      ['product', 'INTERACTION', 4],
      ['leaky', 'INTERACTION', 4],
      ['joined', 'INTERACTION', 8],
      ['click/linear', 'DENSE', 1],
      ['click', 'OUTPUT', 1],
      ['bought', 'DENSE', 3],
      ['buy/linear', 'DENSE', 1],
      ['buy', 'OUTPUT', 1],
    ]);
  });

  test('has layers of every kind', () => {
    const kinds = Object.fromEntries(
      sequences.model.graph.layers.map(({ name, kind, activation }) => [name, [kind, activation]]),
    );
    expect(kinds).toMatchObject({
      attention: ['INTERACTION', 'softmax'],
      attended: ['ATTENTION', null],
      gru: ['RECURRENT', null],
      lstm: ['RECURRENT', null],
      convolved: ['CONVOLUTION', 'relu'],
      peaks: ['POOLING', null],
      each: ['DENSE', 'tanh'],
      bent: ['DENSE', 'prelu'],
      even: ['NORMALIZATION', null],
    });
  });

  test('counts the parameters of a layer that is called twice once', () => {
    // 7 × 4 of the table, 4 × 5 + 5, 4 × 5, 5 × 4 + 4 of the tower, 8 + 1, 8 × 3 + 3, 3 + 1.
    expect(towers.model.graph.parameterCount).toBe(28 + 25 + 20 + 24 + 9 + 27 + 4);
  });

  test('follows ids to their tables', () => {
    const said = sequences.model.graph.lookups.map(({ input, table, carrier, places }) => [
      input,
      table,
      carrier,
      places,
    ]);
    expect(said).toEqual([
      ['item', 'items/embeddings', 'items', [0]],
      ['history', 'items/embeddings', 'items#2', [0, 1, 2, 3, 4]],
      ['history', 'masked_items/embeddings', 'masked_items', [0, 1, 2, 3, 4]],
    ]);
  });

  test('has the logit of every output', () => {
    expect(towers.model.graph.logits).toEqual([
      { output: 'click', index: 0, tensor: 'click/linear', tensorIndex: 0 },
      { output: 'buy', index: 0, tensor: 'buy/linear', tensorIndex: 0 },
    ]);
  });

  test('leaves masked positions out, of an override too', async () => {
    const program = (factor: number): Program => ({
      overrides: { masked_items: p.mul(tensor('masked_items'), p.scalar(factor)) },
      outputs: { gru: tensor('gru'), byItems: gradient(tensor('gru'), tensor('masked_items')) },
    });
    const plain = await run(sequences, { outputs: { gru: tensor('gru') } });
    const [same, other] = [await run(sequences, program(1)), await run(sequences, program(2))];
    expect(numbersOf(same.gru)).toEqual(numbersOf(plain.gru));
    expect(numbersOf(other.gru)).not.toEqual(numbersOf(plain.gru));
    const history = sequences.expected.inputs.history as number[];
    const gradients = numbersOf(other.byItems);
    for (const [at, id] of history.entries())
      expect(gradients.slice(at * 3, at * 3 + 3).some((value) => value !== 0)).toBe(id !== 0);
  });

  test('is overridden in one call of a layer and not in the other', async () => {
    const zero = p.mul(tensor('tower/first'), p.scalar(0));
    const { first, second } = await run(towers, {
      overrides: { 'tower/first': zero },
      outputs: { first: tensor('tower/first'), second: tensor('tower/first#2') },
    });
    expect(new Set(numbersOf(first))).toEqual(new Set([0]));
    expect(numbersOf(second).some((value) => value !== 0)).toBe(true);
  });

  test('has the gradient of a gradient', async () => {
    const onnx = await openForm('towers', 'onnx');
    const curvature = ({ model }: Opened): Program => {
      const first = gradient(tensor(model.graph.logits[1]?.tensor as string), tensor('numbers'));
      return { outputs: { curvature: gradient(reduceSum(p.mul(first, first)), tensor('numbers')) } };
    };
    const [wanted, found] = [await run(onnx, curvature(onnx)), await run(towers, curvature(towers))];
    for (const [at, value] of numbersOf(wanted.curvature).entries())
      expect(numbersOf(found.curvature)[at]).toBeCloseTo(value, 5);
  });

  test('leaves no tensor behind, neither in a pass nor when it is closed', async () => {
    const tf = await runtime(1);
    const before = tf.memory().numTensors;
    const { model, batch } = await openForm('sequences', 'layers');
    const program = await model.compile({
      overrides: { joined: p.mul(tensor('joined'), p.scalar(2)) },
      outputs: {
        score: tensor('score'),
        byHistory: gradient(tensor('score/linear'), tensor('items#2')),
        byMasked: gradient(tensor('score/linear'), tensor('masked_items')),
      },
    });
    await program.run(batch, {});
    const { numTensors } = tf.memory();
    for (let pass = 0; pass < 10; pass++) await program.run(batch, {});
    expect(tf.memory().numTensors).toBe(numTensors);
    await model.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});
