// @module-tag any-database
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** By onnxruntime, scikit-learn and SciPy: test/fixtures/generate/interventions.py. */
const expected: Record<
  string,
  {
    readonly set: readonly object[];
    readonly auc: number;
    readonly aucDifference: number;
    readonly logLossDifference: number;
    readonly scoreChange: Readonly<Record<string, number>>;
  }
> = JSON.parse(await readFile('test/fixtures/changes/interventions.json', 'utf8'));

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

test('the page says of the flights what the server answers to its question', async () => {
  const page = await readFile('docs/analyses/intervention.md', 'utf8');
  const [, document = '', said = ''] =
    /```graphql\n([\s\S]*?)```[\s\S]*\*\*What it says[^:]*:([\s\S]*?)\n\n/.exec(page) ?? [];
  interface Change {
    readonly before: { readonly auc: number };
    readonly after: { readonly auc: number };
    readonly logLossDifference: number;
  }
  const { data } = await server.ask<{ model: Record<'training' | 'later' | 'weather', Change> }>(
    document,
    {},
    { prefer: 'wait=60' },
  );
  const { training, later, weather } = data.model;
  const figure = (value: number): string => value.toFixed(3).replace('0.', '.');
  expect(said.match(/(?<!\w)\.\d+/g)).toEqual(
    [
      training.before.auc,
      training.after.auc,
      later.after.auc,
      -later.logLossDifference,
      weather.before.auc,
      weather.after.auc,
    ].map(figure),
  );
  expect(figure(later.before.auc)).toBe(figure(later.after.auc));
});

describe('the flights from October to December', () => {
  test.each(Object.keys(expected))('with %s are judged as onnxruntime and scikit-learn say', async (title) => {
    const right = expected[title] as (typeof expected)[string];
    const { model } = await answered(server.ask)<{ model: { intervention: object } }>(
      `query ($set: [InterventionInput!]!) { model(name: "flights", version: "2") {
        intervention(set: $set, rows: { dataset: "flights", partitionRange: { from: "10" } }) {
          after { auc } aucDifference logLossDifference scoreChange { psi jensenShannon ks wasserstein }
        }
      } }`,
      { set: right.set },
      { prefer: 'wait=100' },
    );
    // Scores are the model's own float32, summed in another order: a few of 78,000 rows change places.
    const close = (value: number) => expect.closeTo(value, 5);
    expect(model.intervention).toEqual({
      after: { auc: close(right.auc) },
      aucDifference: close(right.aucDifference),
      logLossDifference: close(right.logLossDifference),
      scoreChange: {
        psi: expect.closeTo(right.scoreChange.psi as number, 4),
        jensenShannon: close(right.scoreChange.jensenShannon as number),
        ks: expect.closeTo(right.scoreChange.ks as number, 4),
        wasserstein: close(right.scoreChange.wasserstein as number),
      },
    });
  });
});
