import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

interface Expected {
  readonly rowCount: number;
  readonly positiveCount: number;
  readonly auc: number;
  readonly aucInterval: readonly [number, number];
  readonly gauc: number;
  readonly prAuc: number;
  readonly logLoss: number;
  readonly normalizedEntropy: number;
  readonly brier: number;
  readonly calibrationRatio: number;
}
type Figures = Omit<Expected, 'aucInterval'> & { aucInterval: { low: number; high: number; level: number } };

/** By scikit-learn and a DeLong of its own: test/fixtures/generate/flights_expected.py. */
const expected: Record<'v1' | 'v2', { evaluations: { all: Expected } & Record<string, Expected> }> = JSON.parse(
  await readFile('test/fixtures/flights/expected.json', 'utf8'),
);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const figures = 'auc gauc logLoss normalizedEntropy calibrationRatio';
const query = `query ($version: String!) {
  model(name: "flights", version: $version) {
    evaluation(rows: { dataset: "flights" }) {
      rowCount positiveCount unlabelledCount prAuc brier ${figures}
      aucInterval { low high level }
      byPartition { slice rowCount positiveCount ${figures} }
    }
  }
}`;

test.each(['1', '2'] as const)(
  'version %s of the flights is as good as scikit-learn says, in all and by month',
  async (version) => {
    const { model } = await answered(server.ask)<{ model: { evaluation: Figures & { byPartition: object[] } } }>(
      query,
      {
        version,
      },
    );
    const { all, ...months } = expected[`v${version}`].evaluations;
    const { aucInterval, byPartition, ...whole } = model.evaluation;
    expect(aucInterval).toEqual({ low: close(all.aucInterval[0]), high: close(all.aucInterval[1]), level: 0.95 });
    expect(whole).toEqual({ ...figuresOf(all), unlabelledCount: 0, prAuc: close(all.prAuc), brier: close(all.brier) });
    expect(byPartition).toEqual(Object.entries(months).map(([slice, month]) => ({ slice, ...figuresOf(month) })));
  },
);

const figuresOf = ({ rowCount, positiveCount, ...measures }: Expected) => ({
  rowCount,
  positiveCount,
  auc: close(measures.auc),
  gauc: close(measures.gauc),
  logLoss: close(measures.logLoss),
  normalizedEntropy: close(measures.normalizedEntropy),
  calibrationRatio: close(measures.calibrationRatio),
});

/** To 1e-6. */
const close = (value: number) => expect.closeTo(value, 6);
