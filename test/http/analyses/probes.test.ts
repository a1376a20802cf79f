// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { float32 } from '../../../src/compute/tensor.ts';
import { modelOf } from '../../compute/onnx/models.ts';
import { answered } from '../../support/ask.ts';
import { eventually } from '../../support/eventually.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { copyToy, denseManifest, registerModel, registerRows } from '../../support/toys.ts';

/** The toy net: its logit is what the label goes by in the rows of both datasets, one of days 1 and 2, one of day 3. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ patienceMs: 60_000 });
  await copyToy(server, 'dense.onnx', 'dense.onnx');
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  const random = (at: number) => `hash(range + ${at}) % 64 / 64.0 - 0.5`;
  const rows = (from: number, days: string) =>
    `SELECT ${random(from)} AS a, ${random(from + 1)} AS b, ${random(from + 2)} AS c, ${days} AS day,
       ${random(from)} > 0.25 AS "isHigh", 'u' || range % 7 AS who,
       CASE WHEN range % 10 = 0 THEN NULL ELSE (${random(from)} > ${random(from + 9)})::INT END AS click FROM range(600)`;
  const settings = { label: 'click', partitionBy: 'day', groupBy: 'who' };
  await registerRows(server, 'past', rows(0, '1 + range % 2'), settings);
  await registerRows(server, 'later', rows(5000, '3'), settings);
  await registerRows(server, 'plain', rows(9000, '3'));
});
afterAll(() => server[Symbol.asyncDispose]());

const probes = (more = '', fields = 'auc') =>
  `{ model(name: "dense") { probes(train: { dataset: "past" }, test: { dataset: "later" } ${more}) { layer { name units } ${fields} } } }`;

interface Probe {
  readonly layer: { readonly name: string; readonly units: number };
  readonly [field: string]: unknown;
}
interface Answer {
  readonly model: { readonly probes: Probe[]; readonly layer: { readonly probe: Probe } };
}
const failedJobs = async (): Promise<number> => {
  const { jobs } = await answered(server.ask)<{ jobs: { totalCount: number } }>(
    '{ jobs(state: [FAILED]) { totalCount } }',
  );
  return jobs.totalCount;
};
const showPlan = { 'x-glassgraph-plan': '1' };

const everything = `target auc gauc logLoss trainAuc trainRowCount testRowCount iterations converged controlAuc selectivity intercept
  byPartition { slice rowCount auc } weights(first: 2) { weight neuron { index layer { name } } } provenance { rowCount cached }`;

describe('probes', () => {
  test('of every layer are fitted in one pass and judged in another for each kind of rows', async () => {
    const { errors, data, extensions } = await server.ask<Answer>(probes('', everything), {}, showPlan);
    expect(errors).toEqual([]);
    const layers = data.model.probes.length;
    expect(layers).toBeGreaterThan(1);
    const passes = extensions.plan.passes.map(
      ({ dataset, analyses }: { dataset: string; analyses: { name: string }[] }) =>
        `${dataset}: ${analyses.length} ${[...new Set(analyses.map(({ name }) => name))]}`,
    );
    expect(passes.toSorted()).toEqual([
      `later 1: ${2 * layers} probeScores`,
      `past 1: ${layers} probeScores`,
      `past 1: ${2 * layers} probe`,
    ]);
    for (const probe of data.model.probes) {
      expect(probe).toMatchObject({ target: 'click', trainRowCount: 540, testRowCount: 540, converged: true });
      expect(probe).toMatchObject({ byPartition: [{ slice: '3', rowCount: 540, auc: probe.auc }] });
      expect(probe.auc).toBeGreaterThan(0.5);
      expect(probe.selectivity).toBeCloseTo((probe.auc as number) - (probe.controlAuc as number), 10);
      expect(Math.abs((probe.controlAuc as number) - 0.5)).toBeLessThan(0.12);
      const weights = probe.weights as { weight: number; neuron: { layer: { name: string } } }[];
      expect(weights).toHaveLength(Math.min(2, probe.layer.units));
      expect(weights[0]?.neuron.layer.name).toBe(probe.layer.name);
      expect(probe.provenance).toEqual({ rowCount: 600, cached: false });
    }
  });

  test('are the same one by one, and kept', async () => {
    const fields = 'auc trainAuc controlAuc provenance { cached }';
    const { data, extensions } = await server.ask<Answer>(
      `{ model(name: "dense") { layer(name: "hidden") {
        probe(train: { dataset: "past" }, test: { dataset: "later" }, options: { seed: 0, l2: 1 }) { ${fields} }
      } } }`,
      {},
      showPlan,
    );
    expect(extensions.plan.passes).toEqual([]);
    expect(data.model.layer.probe).toMatchObject({ provenance: { cached: true } });
    const { model } = await answered(server.ask)<Answer>(probes('layers: ["hidden"]', fields));
    expect(model.probes).toEqual([{ ...data.model.layer.probe, layer: expect.objectContaining({ name: 'hidden' }) }]);
  });

  test('predict a column as well, and do without a control', async () => {
    const fields = 'target trainRowCount auc controlAuc selectivity';
    const asked = `layers: ["hidden"], options: { control: false }, target: { column: "a", above: 0.25 }`;
    const { model } = await answered(server.ask)<Answer>(probes(asked, fields));
    expect(model.probes[0]).toMatchObject({
      target: 'a > 0.25',
      trainRowCount: 600,
      controlAuc: null,
      selectivity: null,
    });
    expect(model.probes[0]?.auc).toBeGreaterThan(0.7);
    const truth = `layers: ["hidden"], options: { control: false }, target: { column: "isHigh", above: 0.5 }`;
    expect((await answered(server.ask)<Answer>(probes(truth, fields))).model.probes[0]).toMatchObject({
      ...model.probes[0],
      target: 'isHigh > 0.5',
    });
    const equal = `layers: ["hidden"], options: { control: false }, target: { column: "who", equals: "u3" }`;
    expect((await answered(server.ask)<Answer>(probes(equal, fields))).model.probes[0]?.target).toBe('who = u3');
  });

  test('that take long are told by the job that fits them, and are there later', async () => {
    const slow = probes('options: { l2: 3 }', 'auc trainAuc');
    const { errors } = await server.ask(slow, {}, { prefer: 'wait=0' });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['ANALYSIS_PENDING']);
    await eventually(async () => {
      const { errors: left, data } = await server.ask<Answer>(slow, {}, { prefer: 'wait=0' });
      expect(left).toEqual([]);
      expect(data.model.probes[0]?.auc).toBeGreaterThan(0.5);
    });
  });

  test('and whatever else is asked leave out rows that the model, or either of two, cannot take', async () => {
    await registerModel(server.ask, { name: 'other', uri: 'dense.onnx', manifest: denseManifest(['b', 'c', 'd']) });
    const hole = (column: string, every: number) =>
      `CASE WHEN range % ${every} <> 2 THEN hash(range, '${column}') % 64 / 64.0 END`;
    await registerRows(
      server,
      'holes',
      `SELECT ${hole('a', 5)} AS a, ${hole('b', 400)} AS b, ${hole('c', 400)} AS c, ${hole('d', 7)} AS d,
         (hash(range, 'a') > hash(range, 'l'))::INT AS click FROM range(200)`,
      { label: 'click' },
    );
    const asked = (own: string, both: string) => `{ model(name: "dense") {
      similarity(with: { name: "other" }, rows: { dataset: "holes", ${both} }) { values provenance { rowCount skippedRowCount } }
      layer(name: "hidden") {
        similarity(layer: "hidden", model: { name: "other" }, rows: { dataset: "holes", ${both} })
        projection(rows: { dataset: "holes", ${own} }) { points { row { index } coordinates } provenance { rowCount skippedRowCount } }
        probe(train: { dataset: "holes", ${own} }, test: { dataset: "holes", ${own} }) {
          trainRowCount testRowCount auc trainAuc controlAuc intercept weights { weight neuron { index } } provenance { rowCount skippedRowCount }
        }
      }
    } }`;
    const [skip, has] = ['invalid: SKIP', (column: string) => `{ column: "${column}", op: NOT_NULL }`];
    const skipped = await answered(server.ask)<object>(asked(skip, skip));
    // The same rows, chosen by their columns.
    const own = `where: [${['a', 'b', 'c'].map(has)}]`;
    const chosen = await answered(server.ask)<object>(asked(own, `where: [${['a', 'b', 'c', 'd'].map(has)}]`));
    const counts = (rowCount: number) => ({ rowCount, skippedRowCount: 200 - rowCount });
    expect(skipped).toMatchObject({
      model: {
        similarity: { provenance: counts(137) },
        layer: { projection: { provenance: counts(160) }, probe: { trainRowCount: 160, provenance: counts(160) } },
      },
    });
    const withoutSkipped = (answer: object): unknown =>
      JSON.parse(JSON.stringify(answer, (name, value) => (name === 'skippedRowCount' ? undefined : value)));
    expect(withoutSkipped(skipped)).toEqual(withoutSkipped(chosen));
    const answer = await server.ask(asked('', own));
    // Of the rows that the model takes, the first that the other does not.
    const refused = answer.errors.filter(({ path }) => path?.at(-1) === 'similarity');
    expect(refused).toHaveLength(2);
    for (const error of refused)
      expectRefused({ ...answer, errors: [error] }, [
        'BINDING_MISMATCH',
        /column “d”\) in row 9 is null.+invalid: SKIP/,
      ]);
  });

  test('have a plot', async () => {
    const { model } = await answered(server.ask)<{ model: { probePlot: { data: { values: object[] } } } }>(
      '{ model(name: "dense") { probePlot(train: { dataset: "past" }, test: { dataset: "later" }) } }',
    );
    expect(model.probePlot.data.values[0]).toMatchObject({ slice: 'all rows', AUC: expect.any(Number) });
  });
});

describe('a probe that cannot be is refused', () => {
  const refusals: [string, Refusal][] = [
    ['layers: ["hiden"]', ['BAD_USER_INPUT', /no layer “hiden”.+hidden/]],
    ['layers: []', ['BAD_USER_INPUT', /`layers` is empty/]],
    ['target: { column: "clack" }', ['BAD_USER_INPUT', /`target.column`: there is no column “clack”.+click/]],
    ['target: { column: "who" }', ['BAD_USER_INPUT', /“who” is VARCHAR. Say with `equals`/]],
    ['target: { column: "a" }', ['BAD_USER_INPUT', /neither 0 nor 1/]],
    ['target: { column: "a", equals: 1, above: 1 }', ['BAD_USER_INPUT', /exclude each other/]],
    ['target: { column: "a", above: 1e400 }', ['BAD_USER_INPUT', /1e400 is beyond the largest number there is/]],
    ['target: { column: "a", equals: "x" }', ['BAD_USER_INPUT', /`target.equals`: "x" is no value of “a”/]],
    ['options: { l2: -1 }', ['BAD_USER_INPUT', /`options.l2` is -1/]],
    ['options: { tolerance: 0 }', ['BAD_USER_INPUT', /`options.tolerance` is 0/]],
    ['options: { maxIterations: 0 }', ['BAD_USER_INPUT', /`options.maxIterations` is 0; it must lie between 1/]],
  ];
  test.each(refusals)('%s', async (more, refusal) => {
    expectRefused(await server.ask(probes(more)), refusal);
  });

  test('on a layer that is not finite: the error names the others, which have theirs', async () => {
    const model = modelOf({
      inputs: { x: ['float32', [null, 3]] },
      weights: {
        huge: float32([3, 2], new Float32Array(6).fill(3e38)),
        one: float32([], [1]),
        w: float32([2, 1], Float32Array.of(1, 1)),
      },
      nodes: [
        ['MatMul', 'x huge', 'broken'],
        ['Less', 'broken one', 'below'],
        ['Cast', 'below', 'cast', { to: 1 }],
        ['MatMul', 'cast w', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    });
    await writeFile(join(server.folder, 'broken.onnx'), toBinary(ModelProtoSchema, model));
    await registerModel(server.ask, { name: 'broken', uri: 'broken.onnx', manifest: denseManifest() });
    const asked = (layers: string) =>
      `{ model(name: "broken") { probes(train: { dataset: "past" }, test: { dataset: "later" } ${layers}) { layer { name } auc } } }`;
    const answer = await server.ask(asked(''));
    expectRefused(answer, ['ANALYSIS_FAILED', /“broken” has values that are not finite.+Every layer but “broken”/]);
    const layers = answer.errors[0]?.extensions.layers as string[];
    const { model: found } = await answered(server.ask)<Answer>(asked(`layers: ${JSON.stringify(layers)}`));
    expect(found.probes.map(({ layer }) => layer.name)).toEqual(layers);
    expect(layers).toContain('score');
  });

  test('when the rows it learns from, or is judged by, have no label', async () => {
    const on = (train: string, judged: string) =>
      `{ model(name: "dense") { probes(train: { dataset: "${train}" }, test: { dataset: "${judged}" }) { auc } } }`;
    expectRefused(await server.ask(on('plain', 'later')), [
      'BAD_USER_INPUT',
      /`train`: the dataset “plain” has no label/,
    ]);
    expectRefused(await server.ask(on('past', 'plain')), [
      'BAD_USER_INPUT',
      /`test`: the dataset “plain” has no label/,
    ]);
    expectRefused(await server.ask(on('past', 'none')), ['NOT_FOUND', /“none”/]);
  });

  test.each([
    ['train', 'partitions: ["9"]', 'partitions', /no partition “9”/],
    ['test', 'sample: 0', 'sample', /sample is 0/],
    ['train', 'where: [{ column: "a", op: GT, value: 1 }]', null, /No row satisfies/],
    ['test', 'where: [{ column: "a", op: GT, value: 1 }]', null, /No row satisfies/],
  ])('when there are no rows in `%s`: %s', async (argument, narrowed, field, message) => {
    const rows = (name: string) => `${name}: { dataset: "past" ${name === argument ? `, ${narrowed}` : ''} }`;
    const before = await failedJobs();
    const answer = await server.ask(
      `{ model(name: "dense") { layer(name: "hidden") { probe(${rows('train')}, ${rows('test')}) { auc } } } }`,
    );
    expect((await failedJobs()) - before).toBe(field === null ? 1 : 0);
    expectRefused(answer, ['BAD_USER_INPUT', new RegExp(`\`${argument}\`: .*${message.source}`)]);
    expect(answer.errors[0]?.extensions.argument).toBe([argument, field].filter(Boolean).join('.'));
  });
});
