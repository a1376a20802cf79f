// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Flight {
  readonly activation: number;
  readonly score: number;
  readonly row: { readonly values: Record<string, unknown> };
}

const predict = `query ($rows: [JSON!]!, $target: TargetInput) {
  model(name: "flights", version: "2") { predictions(rows: $rows, target: $target) { score target } }
}`;
type Predictions = { model: { predictions: { score: number; target: number }[] } };

/** Flights as the dataset has them, keyed by the names of the features, which are those of their columns. */
async function flights(): Promise<{ values: Record<string, unknown>; score: number }[]> {
  const { model } = await answered(server.ask)<{
    model: { features: { name: string; column: string }[]; layer: { neuron: { topExamples: Flight[] } } };
  }>(`{ model(name: "flights", version: "2") {
    features { name column }
    layer(name: "relu_3") { neuron(index: 15) {
      topExamples(rows: { dataset: "flights", partitions: ["10"] }, first: 5) { activation score row { values } }
    } }
  } }`);
  return model.layer.neuron.topExamples.map(({ row, score }) => ({
    values: Object.fromEntries(model.features.map(({ name, column }) => [name, row.values[column]])),
    score,
  }));
}

describe('predictions', () => {
  test('of rows as the dataset has them are the scores of the dataset’s rows', async () => {
    const rows = await flights();
    const { model } = await answered(server.ask)<Predictions>(predict, { rows: rows.map(({ values }) => values) });
    expect(model.predictions).toHaveLength(5);
    for (const [at, { score, target }] of model.predictions.entries()) {
      expect(score).toBeCloseTo(rows[at]?.score as number, 6);
      expect(target).toBeCloseTo(Math.log(score / (1 - score)), 3);
    }
  });

  test('answer on the scale that is asked for', async () => {
    const rows = (await flights()).slice(0, 1).map(({ values }) => values);
    for (const space of ['PROBABILITY', 'OUTPUT']) {
      const { model } = await answered(server.ask)<Predictions>(predict, { rows, target: { space } });
      expect(model.predictions[0]?.target).toBe(model.predictions[0]?.score);
    }
  });

  test('change with one value, and take what is missing for missing', async () => {
    const [first] = await flights();
    const rows = [
      first?.values,
      { ...first?.values, tailnum: null },
      { ...first?.values, tailnum: 'no such aircraft' },
    ];
    const { model } = await answered(server.ask)<Predictions>(predict, { rows });
    const [known, missing, unknown] = model.predictions.map(({ score }) => score);
    expect(known).not.toBe(missing);
    expect(missing).toBe(unknown);
  });

  test('make no job and keep nothing', async () => {
    const count = `{ jobs { totalCount } cache { resultCount } }`;
    const before = await answered(server.ask)(count);
    await answered(server.ask)(predict, { rows: (await flights()).map(({ values }) => values) });
    expect(await answered(server.ask)(count)).toEqual(before);
  });

  test.each([
    [{ taillnum: 'N1' }, 'BAD_USER_INPUT', 'Did you mean “tailnum”'],
    [{ hour: 'six' }, 'BINDING_MISMATCH', '`rows[0].hour` is "six"; it must be a number'],
    [{ hour: [6] }, 'BINDING_MISMATCH', '`rows[0].hour` is [6]; it must be a single value'],
    [{ hour: 6.5 }, 'BINDING_MISMATCH', 'not a whole number'],
    [7, 'BAD_USER_INPUT', 'no object'],
  ])('refuse %j', async (row, code, message) => {
    const { data, errors } = await server.ask<Predictions>(predict, { rows: [row] });
    expect(data.model.predictions).toBeNull();
    expect(errors[0]).toMatchObject({ extensions: { code }, message: expect.stringContaining(message) });
  });

  test('are for a thousand rows at most', async () => {
    const { errors } = await server.ask(predict, { rows: new Array(1001).fill({}) });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
