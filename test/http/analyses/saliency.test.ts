// @module-tag any-database
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** By Captum: test/fixtures/generate/attribution.py. */
const expected = JSON.parse(await readFile('test/fixtures/flights/attribution.json', 'utf8'));

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Share {
  readonly score: number;
  readonly share: number;
  readonly mean: number;
}
interface Saliency {
  readonly rowCount: number;
  readonly baselineValue: number | null;
  readonly convergence: { meanAbsolute: number; converged: boolean } | null;
  readonly features: (Share & { rank: number; feature: { name: string }; interval: { low: number; high: number } })[];
  readonly groups: (Share & { group: { name: string } })[];
}
const query = `query ($method: AttributionMethod, $options: AttributionOptions, $target: TargetInput, $first: Int, $direction: Direction) {
  model(name: "flights", version: "2") {
    features { name group { name } }
    saliency(rows: { dataset: "flights", partitions: ["10"] }, method: $method, options: $options, target: $target) {
      rowCount baselineValue convergence { meanAbsolute converged }
      features(first: $first, direction: $direction) { rank feature { name } score share mean interval { low high } }
      groups { group { name } score share mean }
    }
  }
}`;
type Answer = { model: { features: { name: string; group: { name: string } | null }[]; saliency: Saliency } };

describe('saliency over HTTP', () => {
  test.each(['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'])(
    '%s has Captum’s scores, in their order',
    async (method) => {
      const { model } = await answered(server.ask)<Answer>(query, { method });
      const { score } = expected.v2[method];
      const names = model.features.map(({ name }) => name);
      const groups = [...new Set(model.features.map(({ group }) => group?.name))];
      expect(model.saliency.rowCount).toBe(28_618);
      expect(model.saliency.features.map(({ rank }) => rank)).toEqual(names.map((_, at) => at + 1));
      for (const { feature, score: actual, interval } of model.saliency.features) {
        expect(actual).toBeCloseTo(score[names.indexOf(feature.name)], 3);
        expect(interval.low).toBeLessThan(actual);
      }
      for (const { group, score: actual } of model.saliency.groups)
        expect(actual).toBeCloseTo(score[names.length + groups.indexOf(group.name)], 3);
      for (const players of [model.saliency.features, model.saliency.groups]) {
        const scores = players.map((player) => player.score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(players.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
      }
    },
  );

  test('only methods with a baseline have a baseline’s value and a gap', async () => {
    const { model } = await answered(server.ask)<Answer>(query, { method: 'INTEGRATED_GRADIENTS' });
    const { completeness } = expected.v2.INTEGRATED_GRADIENTS;
    expect(model.saliency.baselineValue).toBeCloseTo(completeness.baselineValue, 4);
    expect(model.saliency.convergence).toMatchObject({ converged: true });
    expect(model.saliency.convergence?.meanAbsolute).toBeCloseTo(completeness.meanAbsoluteGap, 4);
    const plain = await answered(server.ask)<Answer>(query, {});
    expect(plain.model.saliency).toMatchObject({ baselineValue: null, convergence: null });
  });

  test('of a neuron of the first layer is its weights, on the rows on which it is on: the same in every month', async () => {
    const asked = (month: string) => `{ model(name: "flights", version: "2") { layer(name: "relu") { neuron(index: 3) {
      saliency(rows: { dataset: "flights", partitions: ["${month}"] }) { features { score feature { name } } }
      statistics(rows: { dataset: "flights", partitions: ["${month}"] }) { zeroFraction }
    } } } }`;
    const weightsIn = async (month: string): Promise<[string, number][]> => {
      const { model } = await answered(server.ask)<{
        model: { layer: { neuron: { saliency: Saliency; statistics: { zeroFraction: number } } } };
      }>(asked(month));
      const { saliency, statistics } = model.layer.neuron;
      return saliency.features.map(({ feature, score }) => [feature.name, score / (1 - statistics.zeroFraction)]);
    };
    const [october, november] = [await weightsIn('10'), await weightsIn('11')];
    expect(october).toHaveLength(19);
    expect(october.map(([name]) => name)).toEqual(november.map(([name]) => name));
    for (const [at, [, weight]] of october.entries()) {
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeCloseTo(november[at]?.[1] as number, 4);
    }
  });

  test('an option that is said as its default is the same question', async () => {
    const [plain, said] = [{}, { samples: 25, seed: 0, baseline: { kind: 'ZERO' } }];
    const asked = `query ($options: AttributionOptions) { model(name: "flights", version: "1") {
      saliency(rows: { dataset: "flights", partitions: ["2"] }, method: GRADIENT_SHAP, options: $options) {
        features(first: 1) { score } provenance { cached }
      }
    } }`;
    type Short = { model: { saliency: Pick<Saliency, 'features'> & { provenance: { cached: boolean } } } };
    const first = await answered(server.ask)<Short>(asked, { options: plain });
    const second = await answered(server.ask)<Short>(asked, { options: said });
    expect(second.model.saliency.provenance.cached).toBe(true);
    expect(second.model.saliency.features).toEqual(first.model.saliency.features);
  });

  test('features by the dozen, smallest first', async () => {
    const all = (await answered(server.ask)<Answer>(query, {})).model.saliency.features;
    const { model } = await answered(server.ask)<Answer>(query, { first: 3, direction: 'ASC' });
    expect(model.saliency.features).toEqual(all.slice(-3).reverse());
  });

  test.each([
    [{ options: { steps: 5 } }, 'options.steps'],
    [{ method: 'INTEGRATED_GRADIENTS', options: { steps: 0 } }, 'options.steps'],
    [{ method: 'INTEGRATED_GRADIENTS', options: { samples: 5 } }, 'options.samples'],
    [{ method: 'SMOOTHGRAD', options: { baseline: { kind: 'ZERO' } } }, 'options.baseline'],
    [{ method: 'FEATURE_PERMUTATION', options: { baseline: { kind: 'MEAN' } } }, 'options.baseline'],
    [{ method: 'FEATURE_ABLATION', options: { seed: 1 } }, 'options.seed'],
    [{ method: 'SHAPLEY_SAMPLING', options: { noise: 0.1 } }, 'options.noise'],
    [{ method: 'SMOOTHGRAD', options: { noise: -1 } }, 'options.noise'],
    [{ method: 'SMOOTHGRAD', options: { noise: 1e308 } }, 'options.noise'],
    [{ method: 'VARGRAD', options: { samples: 1001 } }, 'options.samples'],
    [{ method: 'GRADIENT_SHAP', options: { baseline: { values: { tailnumber: 'N1' } } } }, 'options.baseline.values'],
    [{ method: 'GRADIENT_SHAP', options: { baseline: { values: { distance: 'far' } } } }, 'options.baseline.values'],
    [{ method: 'GRADIENT_SHAP', options: { baseline: { values: [1] } } }, 'options.baseline.values'],
    [{ target: { output: 'probabilty' } }, 'target.output'],
    [{ target: { index: 1 } }, 'target.index'],
    [{ first: -1 }, 'first'],
  ])('refuse %j', async (variables, argument) => {
    const { errors } = await server.ask(query, variables);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
  });
});
