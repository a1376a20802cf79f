// @module-tag slow
// @module-tag any-database
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel, registerRows } from '../../support/toys.ts';

const folder = join(import.meta.dirname, '../../fixtures/attribution');

/** Of one head, by Captum and PyTorch in float64: test/fixtures/generate/attribution_zoo.py. */
interface Head {
  readonly target: number[];
  readonly baseline: number[];
  readonly attributions: Record<string, Record<string, { sum: number[]; norm: number[] }>>;
  readonly hessian: { features: string[]; score: number }[];
}
interface Expected {
  readonly features: object[];
  readonly rows: Record<string, unknown>[];
  readonly heads: Head[];
  readonly conductance?: { mean: number[]; meanAbsolute: number[] };
}
const zoo: Record<string, Expected> = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [folder] });
  for (const [name, { features, rows }] of Object.entries(zoo)) {
    const manifest = { score: { output: 'score', index: 0, space: 'PROBABILITY' }, features };
    await registerModel(server.ask, { name, uri: `${name}.onnx`, manifest });
    const path = join(server.folder, `${name}.json`);
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    await registerRows(server, name, `SELECT * FROM read_json('${path}', format = 'newline_delimited')`);
  }
});
afterAll(() => server[Symbol.asyncDispose]());

interface Explanation {
  readonly target: number;
  readonly baselineValue: number | null;
  readonly attributions: { feature: { name: string }; attribution: number; magnitude: number }[];
}
const heads = Object.entries(zoo).flatMap(([name, { heads: all }]) => all.map((_, head) => [name, head] as const));
const methods = ['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS', 'FEATURE_ABLATION'];

/** In parts of the largest of a row, since small numbers are differences of large ones. */
const agreement = 1e-4;

describe.each(heads)('%s, head %d', (name, head) => {
  const { attributions, target, baseline, hessian } = (zoo[name] as Expected).heads[head] as Head;

  test.each(methods)('has the attributions of %s on every row', async (method) => {
    type Answer = { model: { explanations: { nodes: Explanation[] } } };
    const { model } = await answered(server.ask)<Answer>(
      `query ($rows: RowsInput!, $method: AttributionMethod, $target: TargetInput) { model(name: "${name}") {
        explanations(rows: $rows, method: $method, target: $target) { nodes {
          target baselineValue attributions { feature { name } attribution magnitude } } } } }`,
      { rows: { dataset: name }, method, target: { index: head } },
    );
    const { nodes } = model.explanations;
    expect(nodes).toHaveLength(target.length);
    const expected = attributions[method] as Head['attributions'][string];
    for (const [row, node] of nodes.entries()) {
      const scale = Math.max(1, Math.abs(target[row] as number));
      expect(Math.abs(node.target - (target[row] as number))).toBeLessThan(agreement * scale);
      if (method === 'INTEGRATED_GRADIENTS')
        expect(Math.abs((node.baselineValue as number) - (baseline[row] as number))).toBeLessThan(agreement * scale);
      const largest = Math.max(...Object.values(expected).map(({ norm }) => norm[row] as number));
      for (const { feature, attribution, magnitude } of node.attributions) {
        const { sum, norm } = expected[feature.name] as { sum: number[]; norm: number[] };
        expect(Math.abs(attribution - (sum[row] as number)), feature.name).toBeLessThanOrEqual(agreement * largest);
        expect(Math.abs(magnitude - (norm[row] as number)), feature.name).toBeLessThanOrEqual(agreement * largest);
      }
    }
  });

  test('has the second derivatives of its probability', async () => {
    type Answer = { model: { interactions: { features: { name: string }[]; score: number }[] } };
    const { model } = await answered(server.ask)<Answer>(
      `query ($rows: RowsInput!, $target: TargetInput) { model(name: "${name}") {
        interactions(rows: $rows, method: HESSIAN, target: $target) { features { name } score } } }`,
      { rows: { dataset: name }, target: { index: head, space: 'PROBABILITY' } },
    );
    const largest = Math.max(...hessian.map(({ score }) => score));
    expect(model.interactions).toHaveLength(hessian.length);
    for (const { features, score } of model.interactions) {
      const pair = features.map((feature) => feature.name);
      const expected = hessian.find((one) => one.features.join() === pair.join());
      expect(Math.abs(score - (expected?.score as number)), pair.join()).toBeLessThanOrEqual(agreement * largest);
    }
  });
});

test('conductance of a hidden layer is its formula’s by PyTorch', async () => {
  type Answer = {
    model: { layers: { nodes: { kind: string; conductance: { mean: number; meanAbsolute: number }[] }[] } };
  };
  const { model } = await answered(server.ask)<Answer>(
    `{ model(name: "gwen") { layers(kind: [DENSE]) { nodes { kind
      conductance(rows: { dataset: "gwen" }) { mean meanAbsolute } } } } }`,
  );
  const { mean, meanAbsolute } = (zoo.gwen as Expected).conductance as NonNullable<Expected['conductance']>;
  const found = model.layers.nodes[0]?.conductance ?? [];
  const largest = Math.max(...meanAbsolute);
  expect(found).toHaveLength(mean.length);
  for (const [unit, one] of found.entries()) {
    expect(Math.abs(one.mean - (mean[unit] as number))).toBeLessThanOrEqual(agreement * largest);
    expect(Math.abs(one.meanAbsolute - (meanAbsolute[unit] as number))).toBeLessThanOrEqual(agreement * largest);
  }
});
