// @module-tag any-database
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { expectRefused } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerDataset, registerModel } from '../../support/toys.ts';

const folder = join(import.meta.dirname, '../../fixtures/bags');

/** By PyTorch in float64: test/fixtures/generate/ragged.py. */
interface Figures {
  readonly sum: number;
  readonly norm: number;
}
type Row = Record<string, unknown> & { click: number };
type Expected = { logit: number } & Record<string, Record<string, Figures>>;
interface Elements {
  readonly count: number;
  readonly mean: number[];
  readonly standardDeviation: number[];
}
const {
  rows,
  expected,
  elements,
}: { rows: Row[]; expected: Expected[]; elements: Record<'tags' | 'genres', Elements> } = JSON.parse(
  await readFile(join(folder, 'ragged.json'), 'utf8'),
);

const manifest = {
  features: [
    { name: 'tags', kind: 'SEQUENCE', input: 'tags', offsetsInput: 'tag_offsets', group: 'lists' },
    {
      name: 'genres',
      kind: 'SEQUENCE',
      input: 'genres',
      offsetsInput: 'genre_offsets',
      includeLastOffset: true,
      group: 'lists',
    },
    { name: 'price', kind: 'NUMERIC', missing: 0 },
  ],
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [folder] });
  for (const exporter of ['legacy', 'dynamo'])
    await registerModel(server.ask, { name: exporter, uri: `ragged-${exporter}.onnx`, manifest });
  await writeFile(join(server.folder, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  await registerDataset(server.ask, { name: 'rows', uri: 'rows.jsonl', label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Explanation {
  readonly target: number;
  readonly score: number;
  readonly convergenceDelta: number | null;
  readonly attributions: { feature: { name: string }; attribution: number; magnitude: number }[];
}
const explained = (model: string, method: string, options?: object) =>
  server.ask<{ model: { explanations: { nodes: Explanation[] } } }>(
    `query ($model: String!, $method: AttributionMethod, $options: AttributionOptions) { model(name: $model) {
      explanations(rows: { dataset: "rows" }, method: $method, options: $options) { nodes {
        target score convergenceDelta attributions { feature { name } attribution magnitude } } } } }`,
    { model, method, ...(options && { options }) },
  );

describe.each(['legacy', 'dynamo'])('lists of any length, as the %s exporter writes them', (model) => {
  test('are evaluated, and their capabilities are told', async () => {
    const { model: found } = await answered(server.ask)<{ model: object }>(
      `query ($model: String!) { model(name: $model) {
        capabilities { gradients blockers { operator } } features { name carriers { shape } cardinality }
        evaluation(rows: { dataset: "rows" }) { rowCount auc } } }`,
      { model },
    );
    const [positive, negative] = [1, 0].map((label) =>
      expected.filter((_, at) => rows[at]?.click === label).map(({ logit }) => logit),
    ) as [number[], number[]];
    const won = positive.flatMap((one) => negative.map((other) => (one > other ? 1 : 0) as number));
    expect(found).toMatchObject({
      capabilities: { gradients: true, blockers: [] },
      features: [{ carriers: [{ shape: [null, 3] }], cardinality: 10 }, { carriers: [{ shape: [null, 2] }] }, {}],
      evaluation: { rowCount: 5, auc: won.reduce((sum, one) => sum + one, 0) / won.length },
    });
  });

  test.each(['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS', 'FEATURE_ABLATION'])(
    'have PyTorch’s attributions by %s, row by row',
    async (method) => {
      const { data, errors } = await explained(model, method);
      expect(errors).toEqual([]);
      for (const [row, { target, attributions }] of data.model.explanations.nodes.entries()) {
        const right = expected[row] as Expected;
        expect(target).toBeCloseTo(right.logit, 5);
        for (const { feature, attribution, magnitude } of attributions) {
          const { sum, norm } = (right[method] as Record<string, Figures>)[feature.name] as Figures;
          expect(attribution, `${feature.name} of row ${row}`).toBeCloseTo(sum, 4);
          expect(magnitude, `${feature.name} of row ${row}`).toBeCloseTo(norm, 4);
        }
      }
    },
  );
});

test.each([
  ['SHAPLEY_SAMPLING', {}],
  ['SMOOTHGRAD', { noise: 1e-6 }],
  ['GRADIENT_SHAP', { noise: 1e-6, samples: 200 }],
  ['INTEGRATED_GRADIENTS', { baseline: { kind: 'MEAN' } }],
])('%s with %j is answered, and adds up where it is complete', async (method, options) => {
  const { data, errors } = await explained('legacy', method, options);
  expect(errors).toEqual([]);
  const { nodes } = data.model.explanations;
  expect(nodes).toHaveLength(5);
  for (const { convergenceDelta } of nodes)
    if (method !== 'GRADIENT_SHAP') expect(Math.abs(convergenceDelta ?? 0)).toBeLessThan(1e-3);
  if (method !== 'SMOOTHGRAD') return;
  const { data: plain } = await explained('legacy', 'SALIENCY');
  for (const [row, { attributions }] of nodes.entries())
    for (const [at, { magnitude }] of attributions.entries())
      expect(magnitude).toBeCloseTo(plain.model.explanations.nodes[row]?.attributions[at]?.magnitude as number, 4);
});

describe('layers of elements have statistics of the elements, which have no label and no score', () => {
  const asked = `query ($layer: String!, $rows: RowsInput!) { model(name: "legacy") { layer(name: $layer) {
    statistics(rows: $rows) { deadUnits effectiveRank }
    neurons(rows: $rows) { edges { statistics {
      observationCount mean standardDeviation correlationWithScore correlationWithLabel meanWhenPositive
      histogram { counts positiveCounts }
    } } }
  } } }`;
  interface Answer {
    readonly model: { layer: { neurons: { edges: { statistics: Record<string, unknown> }[] } } };
  }

  test.each([
    ['glassgraph/Gather', elements.tags],
    ['glassgraph/Gather_1', elements.genres],
  ])('%s', async (layer, { count, mean, standardDeviation }) => {
    const { model } = await answered(server.ask)<Answer>(asked, { layer, rows: { dataset: 'rows' } });
    const found = model.layer.neurons.edges.map(({ statistics }) => statistics);
    expect(found).toMatchObject(
      mean.map((value, unit) => ({
        mean: expect.closeTo(value, 5),
        standardDeviation: expect.closeTo(standardDeviation[unit] as number, 5),
        correlationWithScore: null,
        correlationWithLabel: null,
        meanWhenPositive: null,
        histogram: { positiveCounts: null },
      })),
    );
    for (const { histogram } of found)
      expect((histogram as { counts: number[] }).counts.reduce((total, bin) => total + bin)).toBe(count);
  });

  test('of rows whose lists are all empty there are none', async () => {
    const rows = { dataset: 'rows', where: [{ column: 'price', op: 'EQ', value: -1 }] };
    const { errors } = await server.ask(asked, { layer: 'glassgraph/Gather', rows });
    for (const { message, extensions } of errors) {
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toMatch(/lists .* are empty in all of these rows/);
    }
    expect(errors.length).toBeGreaterThan(0);
  });
});

test('every element counts in the frequency of entries; layers of elements are like nothing, and the others have probes', async () => {
  const { data, errors } = await server.ask<{ model: Record<string, never> }>(`{ model(name: "legacy") {
    layers { nodes { name kind } }
    features { name embeddings { normByFrequency(rows: { dataset: "rows" }) { minimum maximum entryCount } } }
    similarity(rows: { dataset: "rows" }) { values }
    probes(train: { dataset: "rows" }, test: { dataset: "rows" }) { auc }
    layer(name: "glassgraph/Gather") {
      similarity(layer: "score", rows: { dataset: "rows" })
      projection(rows: { dataset: "rows" }) { points { score } }
    }
  } }`);
  const { layers, features, similarity } = data.model as unknown as {
    layers: { nodes: { name: string; kind: string }[] };
    features: { embeddings: { normByFrequency: object[] }[] }[];
    similarity: { values: (number | null)[][] };
  };
  // 10 tags and 8 genres, of which 2 and 3 occur twice.
  const buckets = (once: number, more: number) => [
    { minimum: 0, maximum: 0, entryCount: 0 },
    { minimum: 1, maximum: 1, entryCount: once },
    { minimum: 2, maximum: null, entryCount: more },
  ];
  expect(features.map(({ embeddings }) => embeddings[0]?.normByFrequency)).toEqual([
    buckets(8, 2),
    buckets(5, 3),
    undefined,
  ]);
  const ofRows = layers.nodes.filter(({ kind }) => kind !== 'EMBEDDING').map(({ name }) => name);
  for (const [at, { name }] of layers.nodes.entries())
    expect(similarity.values[at]?.[at]).toBe(ofRows.includes(name) ? 1 : null);
  expect(errors.map(({ path, extensions }) => `${path?.at(-1)}: ${extensions.code}`).toSorted()).toEqual(
    ['probes', 'projection', 'similarity'].map((field) => `${field}: ANALYSIS_FAILED`),
  );
  expect(errors.find(({ path }) => path?.at(-1) === 'probes')?.extensions.layers).toEqual(ofRows);
});

test('aggregates, groups, interactions, conductance and rows by hand are answered', async () => {
  const { model } = await answered(server.ask)<{ model: Record<string, never> }>(
    `query ($rows: [JSON!]!) { model(name: "legacy") {
      saliency(rows: { dataset: "rows" }) { rowCount features { feature { name } score } groups { score } }
      interactions(rows: { dataset: "rows" }) { score }
      predictions(rows: $rows) { target }
      explanationsOf(rows: $rows, method: SALIENCY) { attributions { magnitude } }
      layers(kind: [DENSE]) { nodes { conductance(rows: { dataset: "rows" }) { mean } } }
    } }`,
    { rows: rows.map(({ tags, genres, price }) => ({ tags, genres, price })) },
  );
  const { saliency, predictions, interactions } = model as unknown as {
    saliency: { features: { feature: { name: string }; score: number }[] };
    predictions: { target: number }[];
    interactions: object[];
  };
  for (const { feature, score } of saliency.features) {
    const norms = expected.map((one) => one.SALIENCY?.[feature.name]?.norm as number);
    expect(score).toBeCloseTo(norms.reduce((sum, norm) => sum + norm, 0) / norms.length, 4);
  }
  expect(interactions).toHaveLength(3);
  expect(predictions.map(({ target }) => target)).toEqual(expected.map(({ logit }) => expect.closeTo(logit, 5)));
});

test('a list beside offsets is replaced whole: by another row’s, by a written one, by none', async () => {
  const pair = { dataset: 'rows', where: [{ column: 'price', op: 'IN', value: [rows[0]?.price, rows[1]?.price] }] };
  const withTags = (at: number, tags: unknown) => ({ genres: rows[at]?.genres, price: rows[at]?.price, tags });
  const written = [0, 1].flatMap((at) =>
    [rows[at]?.tags, rows[1 - at]?.tags, [4, 4, 5], []].map((tags) => withTags(at, tags)),
  );
  type Attributed = { nodes: Pick<Explanation, 'attributions'>[] };
  const { model } = await answered(server.ask)<{
    model: Record<'permuted' | 'ablated' | 'absent', Attributed> & { predictions: { target: number }[] };
  }>(
    `query ($pair: RowsInput!, $written: [JSON!]!, $tags: JSON!) { model(name: "legacy") {
      permuted: explanations(rows: $pair, method: FEATURE_PERMUTATION) { ...A }
      ablated: explanations(rows: $pair, method: FEATURE_ABLATION, options: { baseline: { values: $tags } }) { ...A }
      absent: explanations(rows: $pair, method: FEATURE_ABLATION, options: { baseline: { kind: MISSING } }) { ...A }
      predictions(rows: $written) { target }
    } }
    fragment A on ExplanationConnection { nodes { attributions { feature { name } attribution } } }`,
    { pair, written, tags: { tags: [4, 4, 5] } },
  );
  for (const at of [0, 1]) {
    const [own, ...others] = model.predictions.slice(4 * at, 4 * at + 4).map(({ target }) => target) as [number];
    const found = [model.permuted, model.ablated, model.absent].map(
      ({ nodes }) => nodes[at]?.attributions.find(({ feature }) => feature.name === 'tags')?.attribution,
    );
    expect(found).toEqual(others.map((other) => expect.closeTo(own - other, 4)));
  }
});

test('a way from one list to another of another length is refused, with what to ask instead', async () => {
  expectRefused(await explained('legacy', 'INTEGRATED_GRADIENTS', { baseline: { kind: 'MISSING' } }), [
    'UNSUPPORTED_BY_EXECUTOR',
    /“tags” is a list of any length .* Ask from the ZERO/,
  ]);
  const { errors } = await explained('legacy', 'DEEP_LIFT');
  expect(errors).toMatchObject([{ extensions: { code: 'UNSUPPORTED_OPERATOR', operator: 'Slice' } }]);
});
