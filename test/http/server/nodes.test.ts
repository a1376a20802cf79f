import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

interface Node {
  readonly id: string;
  readonly __typename: string;
}

const ids: Node[] = [];
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  const manifest = denseManifest();
  const features = manifest.features.map((feature) => ({ ...feature, group: 'user “ü”:["]' }));
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: { ...manifest, features } });
  await registerRows(server, 'clicks', denseRows, { label: 'click' });
  const answer = await answered(server.ask)<object>(`{
    model(name: "dense") {
      ...id
      layers { nodes { ...id neuron(index: 0) { ...id } } }
      features { ...id }
      featureGroups { ...id }
      evaluation(rows: { dataset: "clicks" }) { provenance { job { ...id } } }
    }
    dataset(name: "clicks") { ...id }
  }
  fragment id on Node { __typename id }`);
  JSON.stringify(answer, (_, value) => {
    if (value?.id !== undefined) ids.push({ id: value.id, __typename: value.__typename });
    return value;
  });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('everything with an id is found again by it', () => {
  test('each kind of it', () => {
    expect(new Set(ids.map(({ __typename }) => __typename))).toEqual(
      new Set(['Model', 'Layer', 'Neuron', 'Feature', 'FeatureGroup', 'Dataset', 'Job']),
    );
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
  });

  test('one by one', async () => {
    for (const { id, __typename } of ids)
      expect(await answered(server.ask)('query ($id: ID!) { node(id: $id) { __typename id } }', { id })).toEqual({
        node: { __typename, id },
      });
  });

  test('all together, in their order, twice if asked twice', async () => {
    const wanted = [...ids].reverse().concat(ids);
    const { nodes } = await answered(server.ask)<{ nodes: Node[] }>(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
      { ids: wanted.map(({ id }) => id) },
    );
    expect(nodes).toEqual(wanted);
  });

  test('and is the thing itself', async () => {
    const idOf = (type: string): string => ids.find(({ __typename }) => __typename === type)?.id ?? '';
    const answer = await answered(server.ask)(
      `query ($model: ID!, $layer: ID!, $neuron: ID!, $feature: ID!, $group: ID!, $dataset: ID!, $job: ID!) {
        model: node(id: $model) { ... on Model { name version } }
        layer: node(id: $layer) { ... on Layer { name model { name } } }
        neuron: node(id: $neuron) { ... on Neuron { index layer { name } statistics(rows: { dataset: "clicks" }) { observationCount } } }
        feature: node(id: $feature) { ... on Feature { name } }
        group: node(id: $group) { ... on FeatureGroup { name } }
        dataset: node(id: $dataset) { ... on Dataset { name rowCount } }
        node(id: $job) { ... on Job { state title rowsDone rowsTotal fraction attempts model { name } dataset { name } } }
        job(id: $job) { id }
      }`,
      Object.fromEntries(
        ['Model', 'Layer', 'Neuron', 'Feature', 'FeatureGroup', 'Dataset', 'Job'].map((type) => [
          type === 'FeatureGroup' ? 'group' : type.toLowerCase(),
          idOf(type),
        ]),
      ),
    );
    expect(answer).toEqual({
      model: { name: 'dense', version: '1' },
      layer: { name: 'hidden', model: { name: 'dense' } },
      neuron: { index: 0, layer: { name: 'hidden' }, statistics: { observationCount: 3 } },
      feature: { name: 'x0' },
      group: { name: 'user “ü”:["]' },
      dataset: { name: 'clicks', rowCount: 3 },
      node: {
        state: 'DONE',
        title: 'scores, evaluation of dense 1 over clicks 1',
        rowsDone: 3,
        rowsTotal: 3,
        fraction: 1,
        attempts: 1,
        model: { name: 'dense' },
        dataset: { name: 'clicks' },
      },
      job: { id: idOf('Job') },
    });
  });
});
