import { beforeAll, describe, expect, test } from 'vitest';
import { gradient, tensor } from '../../../src/compute/program.ts';
import type { Tensor } from '../../../src/compute/tensor.ts';
import { formsOf, nets, type Opened, openForm } from './forms.ts';
import { evaluated } from './twins.ts';

const all = nets.flatMap((net) => formsOf(net).map((form) => [net, form] as const));

const numbersOf = (values: Tensor | undefined): number[] => Array.from(values?.data as Float32Array);
function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries()) expect(actual[at]).toBeCloseTo(value, 5);
}

describe.each(all)('%s as %s', (net, form) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await openForm(net, form);
  });

  test('gives what Keras predicts, and the logit before it', async () => {
    const { model, batch, expected } = opened;
    const outputs = Object.fromEntries(model.graph.outputs.map(({ name }, at) => [`${at}`, tensor(name)]));
    const [logit] = model.graph.logits;
    const found = await evaluated(model, { outputs: { ...outputs, logit: tensor(logit?.tensor as string) } }, batch);
    for (const [at, values] of expected.outputs.entries()) expectClose(numbersOf(found[at]), values);
    expectClose(numbersOf(found.logit), expected.logit);
  });

  test('has the gradients of TensorFlow’s tape by every carrier and every number', async () => {
    const { model, batch, expected } = opened;
    const { lookups, logits, inputs } = model.graph;
    const floats = inputs.filter(({ dtype }) => dtype === 'float32').map(({ name }) => name);
    const target = tensor(logits[0]?.tensor as string);
    const names = [...lookups.map(({ carrier }) => carrier), ...floats];
    const outputs = Object.fromEntries(names.map((name) => [name, gradient(target, tensor(name))]));
    const found = await evaluated(model, { outputs }, batch);
    for (const name of floats) expectClose(numbersOf(found[name]), expected.floats[name] as number[]);
    // The tape has the entries of a table one lookup after the other, and only the layers say which is which.
    const tables = Object.values(expected.tables).flat();
    const carriers = lookups.flatMap(({ carrier }) => numbersOf(found[carrier]));
    const sorted = (values: number[]) => values.toSorted((a, b) => a - b);
    expectClose(sorted(carriers), sorted(tables));
  });
});
