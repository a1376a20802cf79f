// @module-tag any-database
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

interface Layer {
  readonly tensor: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly zeroFraction: readonly number[];
  readonly labelCorrelation: readonly (number | null)[];
  readonly scoreCorrelation: readonly (number | null)[];
}
interface Columns {
  readonly index: number[];
  readonly mean: number[];
  readonly standardDeviation: number[];
  readonly minimum: number[];
  readonly maximum: number[];
  readonly zeroFraction: number[];
  readonly correlationWithLabel: (number | null)[];
  readonly correlationWithScore: (number | null)[];
}

/** By hooks in PyTorch, over the flights of October: test/fixtures/generate/flights_expected.py. */
const expected: Record<string, { neurons: { month: number; layers: Record<string, Layer> } }> = JSON.parse(
  await readFile('test/fixtures/flights/expected.json', 'utf8'),
);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const query = `query ($version: String!) {
  model(name: "flights", version: $version) {
    layers(first: 100) {
      nodes {
        name
        units
        statistics(rows: { dataset: "flights", partitions: ["10"] }) {
          observationCount
          neurons {
            index mean standardDeviation minimum maximum zeroFraction correlationWithLabel correlationWithScore
          }
        }
      }
    }
  }
}`;
type LayerAnswer = { name: string; units: number; statistics: { observationCount: number; neurons: Columns } };

describe.each(['1', '2'])('every neuron of version %s does in October what PyTorch says', (version) => {
  const layers = Object.values(expected[`v${version}`]?.neurons.layers ?? {});
  let answers: Map<string, LayerAnswer>;
  beforeAll(async () => {
    const { model } = await answered(server.ask)<{ model: { layers: { nodes: LayerAnswer[] } } }>(query, { version });
    answers = new Map(model.layers.nodes.map((layer) => [layer.name, layer]));
  });

  test('and the layers are PyTorch’s', () => {
    expect([...answers.keys()].sort()).toEqual(layers.map(({ tensor }) => tensor).sort());
  });

  test.each(layers.map((layer) => [layer.tensor, layer] as const))('%s', (name, layer) => {
    const { units, statistics } = answers.get(name) as LayerAnswer;
    const { neurons } = statistics;
    expect(statistics.observationCount).toBe(28_618);
    expect(neurons.index).toEqual(layer.mean.map((_, unit) => unit));
    expect(units).toBe(layer.mean.length);
    // float32 in either; a unit's spread is the scale on which its figures matter.
    const scale = Math.max(...layer.std);
    expectClose(neurons.mean, layer.mean, scale);
    expectClose(neurons.standardDeviation, layer.std, scale);
    expectClose(neurons.minimum, layer.min, scale);
    expectClose(neurons.maximum, layer.max, scale);
    expectClose(neurons.zeroFraction, layer.zeroFraction, 1);
    expectClose(neurons.correlationWithLabel, layer.labelCorrelation, 1);
    expectClose(neurons.correlationWithScore, layer.scoreCorrelation, 1);
  });
});

/** To 1e-5 of the scale; null only where null is expected. */
function expectClose(actual: readonly (number | null)[], wanted: readonly (number | null)[], scale: number): void {
  expect(actual).toEqual(
    wanted.map((value) => (value === null ? null : expect.toSatisfy((x) => Math.abs(x - value) <= 1e-5 * scale))),
  );
}
