// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerRows(server, 'rows', denseRows, { label: 'click', partitionBy: 'day' });
  const numbers = `SELECT (i % 7)::DOUBLE AS a, (i % 5 - 2)::DOUBLE AS b, (i % 3)::DOUBLE AS c, i % 4 AS part FROM range(40) AS t(i)`;
  await registerRows(server, 'forty', numbers, { partitionBy: 'part' });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Attribution {
  readonly feature: { name: string };
  readonly value: unknown;
  readonly attribution: number;
  readonly magnitude: number;
}
interface Explanation {
  readonly row: { index: number; values: Record<string, unknown>; label: number | null; partition: string | null };
  readonly score: number;
  readonly target: number;
  readonly baselineValue: number | null;
  readonly convergenceDelta: number | null;
  readonly attributions: Attribution[];
}
interface Page {
  readonly nodes: Explanation[];
  readonly edges: { cursor: string }[];
  readonly totalCount: number;
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
  readonly provenance: { rowCount: number; cached: boolean; skippedRowCount: number };
}
const explanation = `row { index values label partition } score target baselineValue convergenceDelta
  attributions { feature { name } value attribution magnitude }`;
const page = `nodes { ${explanation} } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
  provenance { rowCount cached skippedRowCount }`;
const asked = async (args: string): Promise<Page> =>
  (
    await answered(server.ask)<{ model: { explanations: Page } }>(
      `{ model(name: "dense") { explanations(${args}) { ${page} } } }`,
    )
  ).model.explanations;
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe('explanations', () => {
  test('say of each row what it is, what the model makes of it and what its features contribute', async () => {
    const { nodes, totalCount, provenance } = await asked('rows: { dataset: "rows" }');
    expect(totalCount).toBe(3);
    expect(provenance).toEqual({ rowCount: 3, cached: false, skippedRowCount: 0 });
    expect(nodes.map(({ row }) => [row.index, row.partition, row.label])).toEqual([
      [0, 'mon', 0],
      [1, 'tue', 0],
      [2, 'tue', 1],
    ]);
    expect(nodes.map(({ target }) => target)).toEqual([-6, 1, 5]);
    for (const { row, score, target, baselineValue, convergenceDelta, attributions } of nodes) {
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-target)), 5);
      expect(attributions.map(({ feature, value }) => [feature.name, value])).toEqual(
        ['a', 'b', 'c'].map((column, at) => [`x${at}`, row.values[column]]),
      );
      const open = sumOf(attributions.map(({ attribution }) => attribution)) - (target - (baselineValue as number));
      expect(convergenceDelta).toBeCloseTo(open, 4);
      expect(Math.abs(open)).toBeLessThan(0.1);
      for (const { attribution, magnitude, value } of attributions) {
        expect(magnitude).toBeCloseTo(Math.abs(attribution), 6);
        if (value === 0) expect(attribution).toBe(0);
      }
    }
  });

  test('are what saliency is the mean of', async () => {
    for (const method of ['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS']) {
      const { nodes } = await asked(`rows: { dataset: "forty" }, method: ${method}, first: 200`);
      expect(nodes).toHaveLength(40);
      type Saliency = { features: { feature: { name: string }; score: number; mean: number }[] };
      const { model } = await answered(server.ask)<{ model: { saliency: Saliency } }>(
        `{ model(name: "dense") { saliency(rows: { dataset: "forty" }, method: ${method}) {
          features { feature { name } score mean } } } }`,
      );
      for (const { feature, score, mean } of model.saliency.features) {
        const own = nodes.map(({ attributions }) => attributions.find((one) => one.feature.name === feature.name));
        expect(sumOf(own.map((one) => one?.magnitude ?? 0)) / 40).toBeCloseTo(score, 5);
        expect(sumOf(own.map((one) => one?.attribution ?? 0)) / 40).toBeCloseTo(mean, 5);
      }
    }
  });

  test.each([
    ['FEATURE_PERMUTATION', ''],
    ['INTEGRATED_GRADIENTS', ', options: { baseline: { kind: MEAN } }'],
    ['FEATURE_ABLATION', ', options: { baseline: { kind: MEAN } }'],
    ['SHAPLEY_SAMPLING', ''],
    ['SMOOTHGRAD', ''],
    ['GRADIENT_SHAP', ''],
  ])('by %s%s do not depend on the page that they are on', async (method, options) => {
    const question = `rows: { dataset: "forty" }, method: ${method}${options}`;
    const all = await asked(`${question}, first: 40`);
    const first = await asked(`${question}, first: 7`);
    const { nodes } = await asked(`${question}, first: 5, after: "${first.pageInfo.endCursor}"`);
    expect(nodes.map(({ row }) => row.index)).toEqual([7, 8, 9, 10, 11]);
    for (const [at, { attributions, target, baselineValue }] of nodes.entries()) {
      const same = all.nodes[7 + at] as Explanation;
      expect([target, baselineValue]).toEqual([same.target, same.baselineValue]);
      for (const [place, { attribution }] of attributions.entries())
        expect(attribution).toBeCloseTo(same.attributions[place]?.attribution as number, 5);
    }
  });

  test('have no baseline and no gap where the method has none', async () => {
    const { nodes } = await asked('rows: { dataset: "rows" }, method: SALIENCY, first: 1');
    expect(nodes[0]).toMatchObject({ baselineValue: null, convergenceDelta: null });
  });

  test('are paged in row order, whatever is selected; a page runs its own rows only', async () => {
    const rows = 'rows: { dataset: "forty", partitions: ["1", "3"] }, method: SALIENCY';
    const indexes: number[] = [];
    let after = '';
    for (const [at, size] of [8, 8, 4].entries()) {
      const { nodes, pageInfo, totalCount, provenance } = await asked(`${rows}, first: 8${after}`);
      expect(nodes).toHaveLength(size);
      expect(totalCount).toBe(20);
      expect(provenance.rowCount).toBe(size);
      expect(pageInfo).toMatchObject({ hasNextPage: at < 2, hasPreviousPage: at > 0 });
      indexes.push(...nodes.map(({ row }) => row.index));
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(indexes).toEqual(Array.from({ length: 20 }, (_, at) => 2 * at + 1));
    const beyond = await asked(`${rows}${after}`);
    expect(beyond).toMatchObject({ nodes: [], totalCount: 20, pageInfo: { hasNextPage: false, endCursor: null } });
    expect(await asked(`${rows}, first: 0`)).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true } });
  });

  test('are kept, page by page', async () => {
    const question = 'rows: { dataset: "forty", where: [{ column: "a", op: EQ, value: 3 }] }, first: 2';
    expect((await asked(question)).provenance.cached).toBe(false);
    expect((await asked(question)).provenance.cached).toBe(true);
  });

  test.each([
    ['rows: { dataset: "rows" }, first: 201', 'first'],
    ['rows: { dataset: "rows" }, after: "x"', 'after'],
    ['rows: { dataset: "rows" }, method: SALIENCY, options: { steps: 2 }', 'options.steps'],
    ['rows: { dataset: "rows" }, target: { output: "skore" }', 'target.output'],
    ['rows: { dataset: "rows", where: [{ column: "a", op: GT, value: 9 }] }', 'rows'],
  ])('(%s) is refused', async (args, argument) => {
    const { errors } = await server.ask(`{ model(name: "dense") { explanations(${args}) { totalCount } } }`);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
  });
});

const ofWritten = (args: string, fields = explanation): string =>
  `query ($rows: [JSON!]!) { model(name: "dense") { explanationsOf(rows: $rows${args}) { ${fields} } } }`;
const written = [
  { x0: 1, x1: 2, x2: 3 },
  { x0: 0, x1: 1, x2: -1 },
];

describe('explanations of rows written by hand', () => {
  test.each(['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'])(
    '%s is that of the same rows of a dataset',
    async (method) => {
      type Answer = { model: { explanationsOf: Explanation[] } };
      const { model } = await answered(server.ask)<Answer>(ofWritten(`, method: ${method}`), { rows: written });
      const { nodes } = await asked(`rows: { dataset: "rows" }, method: ${method}`);
      expect(model.explanationsOf.map(({ row, ...rest }) => rest)).toEqual(
        [nodes[0], nodes[2]].map((node) => {
          const { row: _, ...rest } = node as Explanation;
          return rest;
        }),
      );
      expect(model.explanationsOf.map(({ row }) => row)).toEqual(
        written.map((values, index) => ({ index, values, label: null, partition: null })),
      );
    },
  );

  test('leave nothing behind, no result and no job', async () => {
    const counts = '{ cache { resultCount } jobs { totalCount } }';
    const before = await answered(server.ask)(counts);
    await answered(server.ask)(ofWritten(', options: { steps: 7 }', 'score'), { rows: written });
    expect(await answered(server.ask)(counts)).toEqual(before);
    expect(await answered(server.ask)(ofWritten('', 'score'), { rows: [] })).toEqual({ model: { explanationsOf: [] } });
  });

  test('the largest contributions come first when only some are asked for', async () => {
    type Answer = { model: { explanationsOf: { attributions: Attribution[] }[] } };
    const fields = 'attributions(first: 2) { attribution magnitude feature { name } }';
    const { model } = await answered(server.ask)<Answer>(ofWritten('', fields), { rows: written });
    for (const { attributions } of model.explanationsOf) {
      expect(attributions).toHaveLength(2);
      const [first = 0, second = 0] = attributions.map(({ attribution }) => Math.abs(attribution));
      expect(first).toBeGreaterThanOrEqual(second);
    }
  });

  test.each([
    [[{ x9: 1 }], { code: 'BAD_USER_INPUT', argument: 'rows[0]' }],
    [[{ x0: 1, x1: 2 }], { code: 'BINDING_MISMATCH', feature: 'x2' }],
    [[{ x0: 1, x1: 'two', x2: 3 }], { code: 'BINDING_MISMATCH', feature: 'x1' }],
    [new Array(1001).fill(written[0]), { code: 'BAD_USER_INPUT', argument: 'rows' }],
  ])('are refused for rows that the model cannot take', async (rows, error) => {
    const { errors } = await server.ask(ofWritten('', 'score'), { rows });
    expect(errors[0]?.extensions).toMatchObject(error);
    expect(errors[0]?.message).not.toContain('SKIP');
  });
});
