import { afterAll, beforeAll, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const showPlan = { 'x-glassgraph-plan': '1' };
const jobCount = async (): Promise<number> =>
  (await answered(server.ask)<{ jobs: { totalCount: number } }>('{ jobs { totalCount } }')).jobs.totalCount;

/** An evaluation at depth two, statistics of every layer at depth four, ordered neurons of one: the rows of one month. */
const page = (month: string) => `{
  model(name: "flights", version: "2") {
    evaluation(rows: { dataset: "flights", partitions: ["${month}"] }) { auc provenance { cached rowCount job { id } } }
    layers(first: 100) {
      nodes { statistics(rows: { dataset: "flights", partitions: ["${month}"] }) { mean provenance { cached job { id } } } }
    }
    layer(name: "relu_3") {
      neurons(rows: { dataset: "flights", partitions: ["${month}"] }, orderBy: { field: MEAN }, first: 3) {
        edges { statistics { mean provenance { cached job { id } } } }
      }
    }
  }
}`;

interface Provenance {
  readonly cached: boolean;
  readonly job: { readonly id: string };
}
interface Page {
  readonly model: {
    readonly evaluation: { auc: number; provenance: Provenance & { rowCount: number } };
    readonly layers: { nodes: { statistics: { mean: number; provenance: Provenance } }[] };
    readonly layer: { neurons: { edges: { statistics: { mean: number; provenance: Provenance } }[] } };
  };
}
const provenances = ({ model }: Page): Provenance[] => [
  model.evaluation.provenance,
  ...model.layers.nodes.map(({ statistics }) => statistics.provenance),
  ...model.layer.neurons.edges.map(({ statistics }) => statistics.provenance),
];
const withoutProvenance = (answer: Page): unknown =>
  JSON.parse(JSON.stringify(answer), (name, value) => (name === 'provenance' ? undefined : value));

test('one query is one pass, however deep its questions lie; asked again it is none', async () => {
  const before = await jobCount();
  const first = await server.ask<Page>(page('10'), {}, showPlan);
  expect(first.errors).toEqual([]);
  const { passes, mermaid } = first.extensions.plan;
  expect(passes).toEqual([
    expect.objectContaining({ model: 'flights 2', dataset: 'flights 2013', job: expect.any(String) }),
  ]);
  // One for each layer, and the scores that the evaluation is read off.
  expect(passes[0].analyses.map(({ name }: { name: string }) => name).sort()).toEqual([
    ...first.data.model.layers.nodes.map(() => 'moments'),
    'scores',
  ]);
  expect(passes[0].readings.map(({ name }: { name: string }) => name)).toEqual(['evaluation']);
  expect(mermaid).toMatch(/^flowchart LR\n {2}subgraph pass0\["flights 2 over flights 2013"\]/);
  expect(new Set(provenances(first.data).map(({ cached, job }) => `${cached} ${job.id}`))).toEqual(
    new Set([`false ${passes[0].job}`]),
  );
  expect(first.data.model.evaluation.provenance.rowCount).toBe(28_618);
  expect(await jobCount()).toBe(before + 1);

  const again = await server.ask<Page>(page('10'), {}, showPlan);
  expect(again.extensions.plan.passes).toEqual([]);
  expect(provenances(again.data).every(({ cached }) => cached)).toBe(true);
  expect(withoutProvenance(again.data)).toEqual(withoutProvenance(first.data));
  expect(await jobCount()).toBe(before + 1);
});

test('ten clients that ask the same at once share one pass', async () => {
  const before = await jobCount();
  const answers = await Promise.all(Array.from({ length: 10 }, () => answered(server.ask)<Page>(page('11'))));
  expect(new Set(answers.map((answer) => JSON.stringify(withoutProvenance(answer)))).size).toBe(1);
  expect(await jobCount()).toBe(before + 1);
});

test('what another question has computed is not computed again', async () => {
  const auc = `{
    model(name: "flights", version: "2") {
      evaluation(rows: { dataset: "flights", partitionRange: { from: "12" } }) { auc }
      layer(name: "relu_3") { statistics(rows: { dataset: "flights", partitionRange: { from: "12" } }) { mean } }
    }
  }`;
  await answered(server.ask)(auc);
  const { extensions, data } = await server.ask<Page>(page('12'), {}, showPlan);
  const names = extensions.plan.passes.flatMap(({ analyses, readings }: Record<string, { name: string }[]>) => [
    ...(analyses ?? []),
    ...(readings ?? []),
  ]);
  expect(names).toHaveLength(data.model.layers.nodes.length - 1);
  expect(data.model.evaluation.provenance.cached).toBe(true);
});

test('two selections of rows, or two models, are two passes', async () => {
  const { extensions } = await server.ask(
    `{
      model(name: "flights", version: "1") {
        training: evaluation(rows: { dataset: "flights", partitionRange: { to: "1" } }) { auc }
        february: evaluation(rows: { dataset: "flights", partitions: ["2"] }) { auc }
      }
      other: model(name: "flights", version: "2") {
        evaluation(rows: { dataset: "flights", partitions: ["1"] }) { auc }
      }
    }`,
    {},
    showPlan,
  );
  expect(extensions.plan.passes).toHaveLength(3);
});

test('without the header nobody is shown a plan', async () => {
  expect((await server.ask(page('10'))).extensions).toEqual({});
});

test('what is kept is counted', async () => {
  const { cache } = await answered(server.ask)<{ cache: Record<string, number> }>(
    '{ cache { resultCount bytes hits misses } }',
  );
  expect(cache.resultCount).toBeGreaterThan(30);
  expect(cache.bytes).toBeGreaterThan(1000);
  expect(cache.hits).toBeGreaterThan(0);
  expect(cache.misses).toBeGreaterThan(0);
});

test('what statistics need beside moments is computed in the same pass', async () => {
  const rows = '(rows: { dataset: "flights", partitions: ["2"] })';
  const { errors, extensions } = await server.ask(
    `{ model(name: "flights", version: "1") { layer(name: "relu_3") {
      statistics${rows} { zeroFraction effectiveRank neurons { minimum } }
      neurons(rows: { dataset: "flights", partitions: ["2"] }, where: { saturated: false }) {
        edges { statistics { maximum } }
      }
    } } }`,
    {},
    showPlan,
  );
  expect(errors).toEqual([]);
  const names = extensions.plan.passes.map(({ analyses }: { analyses: { name: string }[] }) =>
    analyses.map(({ name }) => name).sort(),
  );
  expect(names).toEqual([['covariance', 'extremes', 'moments']]);
});
