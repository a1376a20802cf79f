import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { copyToy, denseManifest, registerModel, registerRows } from '../../support/toys.ts';

/** As a double it is the one before it, which the data has too. */
const big = '9007199254740993';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await copyToy(server, 'dense.onnx', 'dense.onnx');
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  const rows = '(1.0, 0.0, 0.0, 9007199254740992, 1), (0.0, 1.0, -1.0, 9007199254740993, 0)';
  await registerRows(server, 'rows', `SELECT * FROM (VALUES ${rows}) AS t(a, b, c, uid, click)`, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Answer {
  readonly errors?: { message: string; extensions: { code: string; argument?: string } }[];
}

/** Bodies as they are written, since JSON.stringify has rounded before it writes. */
async function posted(query: string, variables = '{}'): Promise<Answer> {
  const body = `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`;
  const response = await fetch(new URL('/graphql', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return (await response.json()) as Answer;
}

const rowsOf = (value: string): string => `{ dataset: "rows", where: [{ column: "uid", op: EQ, value: ${value} }] }`;
const ofModel = (field: string): string => `{ model(name: "dense") { ${field} } }`;
const refusal = (details: object) => [
  {
    message: expect.stringMatching(/9007199254740993.* is beyond 2\^53 - 1.*Write it as text, "9007199254740993"/),
    extensions: { code: 'BAD_USER_INPUT', ...details },
  },
];

describe('a number beyond 2^53 is refused before it is rounded', () => {
  test.each([
    ['a filter', `evaluation(rows: ${rowsOf(big)}) { auc }`],
    [
      'a list of a filter',
      `evaluation(rows: { dataset: "rows", where: [{ column: "uid", op: IN, value: [1, ${big}] }] }) { auc }`,
    ],
    ['rows written by hand', `predictions(rows: [{ x0: ${big} }]) { score }`],
    ['rows to be explained', `explanationsOf(rows: [{ x0: ${big} }]) { score }`],
    [
      'the target of a probe',
      `layer(name: "hidden") { probe(train: { dataset: "rows" }, test: { dataset: "rows" }, target: { column: "uid", equals: ${big} }) { auc } }`,
    ],
    ['a threshold', `evaluation(rows: { dataset: "rows" }) { confusion(threshold: ${big}) { threshold } }`],
  ])('in a document: %s', async (_, field) => {
    const { errors } = await posted(ofModel(field));
    // It has a place in the document.
    expect(errors).toMatchObject(refusal({}));
  });

  const byVariable =
    'query ($value: JSON!, $rows: [JSON!]) { model(name: "dense") { id predictions(rows: $rows) { score } } }';
  test.each([
    ['variables.value', `{"value": ${big}}`],
    ['variables.rows[1].x0', `{"value": 1, "rows": [{"x0": 1}, {"x0": ${big}}]}`],
  ])('in %s', async (argument, variables) => {
    expect((await posted(byVariable, variables)).errors).toMatchObject(refusal({ argument, value: big }));
  });

  test('in the variables of an address', async () => {
    const address = new URL('/graphql', server.url);
    address.searchParams.set('query', 'query ($value: JSON) { models(first: 1) { totalCount @include(if: true) } }');
    address.searchParams.set('variables', `{"value": ${big}}`);
    const { errors } = (await (await fetch(address)).json()) as Answer;
    expect(errors).toMatchObject(refusal({ argument: 'value' }));
  });

  test('in the parts of a form', async () => {
    const form = new FormData();
    form.set('operations', `{"query": "query ($value: JSON) { viewer { keyName } }", "variables": {"value": ${big}}}`);
    form.set('map', '{}');
    const headers = { 'x-graphql-yoga-csrf': '1', 'apollo-require-preflight': '1' };
    const response = await fetch(new URL('/graphql', server.url), { method: 'POST', body: form, headers });
    expect(((await response.json()) as Answer).errors).toMatchObject(refusal({ argument: 'variables.value' }));
  });
});

test('as text it is the number that it says, and numbers of features may be text', async () => {
  const { model } = await answered(server.ask)<{ model: Record<string, object> }>(
    ofModel(`one: evaluation(rows: ${rowsOf(`"${big}"`)}) { rowCount positiveCount }
      other: evaluation(rows: ${rowsOf('"9007199254740992"')}) { rowCount positiveCount }
      predictions(rows: [{ x0: "10000000000000000000", x1: 0, x2: 0 }, { x0: 1.0e19, x1: 0, x2: 0 }]) { target }`),
  );
  expect(model.one).toEqual({ rowCount: 1, positiveCount: 0 });
  expect(model.other).toEqual({ rowCount: 1, positiveCount: 1 });
  const [first, second] = model.predictions as unknown as object[];
  expect(first).toEqual(second);
});
