// @module-tag any-database
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

/** What the twin and version 2 are asked, in October. */
const fragment = `fragment answers on Model {
  parameterCount
  evaluation(rows: $rows) { rowCount auc logLoss normalizedEntropy calibrationRatio }
  saliency(rows: $rows) { features { feature { name } score mean } }
  last: layer(name: $layer) {
    statistics(rows: $rows) { deadUnits effectiveRank neurons { mean standardDeviation correlationWithScore } }
  }
}`;

/** Numbers to 1e-3 of themselves, everything else the same. */
function alike(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value))
    return expect.toSatisfy((other: number) => Math.abs(other - value) <= 1e-3 * Math.max(1e-3, Math.abs(value)));
  if (Array.isArray(value)) return value.map(alike);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, alike(each)]));
}

test('the TensorFlow.js twin of the flights answers as version 2 does, which stays the latest', async () => {
  const ask = (name: string, layer: string) =>
    answered(server.ask)<{ model: { version: string } & Record<string, unknown> }>(
      `query ($rows: RowsInput!, $layer: String!, $name: String!) { model(name: $name) { version ...answers } } ${fragment}`,
      { rows: { dataset: 'flights', partitions: ['10'] }, layer, name },
    );
  const onnx = await ask('flights', 'relu_3');
  expect(onnx.model.version).toBe('2');
  expect(onnx.model.parameterCount).toBe(124_113);
  expect(await ask('flights-tfjs', 'StatefulPartitionedCall/model/hidden4/Relu')).toEqual(alike(onnx));
});
