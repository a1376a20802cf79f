// @module-tag any-database
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder, 'examples/flights'] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerRows(server, 'rows', 'SELECT 1.0 AS a, 2.0 AS b, 3.0 AS c');
});
afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  expect(await answered(server.ask)('{ viewer { keyName } }')).toEqual({ viewer: { keyName: null } });
});

const deep = (levels: number): string =>
  `{ model(name: "dense") { layer(name: "hidden") { ${'inputs { '.repeat(levels)}name${' }'.repeat(levels)} } } }`;

describe('a document that is none, does not fit the schema or is too much is refused', () => {
  test.each<[what: string, document: string, ...Refusal]>([
    ['no GraphQL', '{ viewer {', 'GRAPHQL_PARSE_FAILED', /Syntax Error: Expected Name/],
    ['a field that is not there', '{ viwer { keyName } }', 'GRAPHQL_VALIDATION_FAILED', /Did you mean "viewer"\?/],
    [
      'an argument that is not there',
      '{ model(nam: "a", name: "b") { id } }',
      'GRAPHQL_VALIDATION_FAILED',
      /Unknown argument "nam"/,
    ],
    [
      'an argument that is missing',
      '{ model { id } }',
      'GRAPHQL_VALIDATION_FAILED',
      /"name" of type "String!" is required/,
    ],
    [
      'a number for a text',
      '{ model(name: 3) { id } }',
      'GRAPHQL_VALIDATION_FAILED',
      /String cannot represent a non string value: 3/,
    ],
    [
      'a variable that is not declared',
      '{ model(name: $x) { id } }',
      'GRAPHQL_VALIDATION_FAILED',
      /Variable "\$x" is not defined/,
    ],
    ['a whole tree for a leaf', '{ viewer }', 'GRAPHQL_VALIDATION_FAILED', /must have a selection of subfields/],
    [
      'a circle of fragments',
      '{ viewer { ...a } } fragment a on Viewer { ...a }',
      'GRAPHQL_VALIDATION_FAILED',
      /Cannot spread fragment "a" within itself/,
    ],
    [
      'two operations and no choice',
      'query a { viewer { keyName } } query b { viewer { keyName } }',
      'BAD_USER_INPUT',
      /operation/,
    ],
    ['a subscription', 'subscription { viewer { keyName } }', 'GRAPHQL_VALIDATION_FAILED', /./],
    ['too deep', deep(30), 'COST_LIMIT_EXCEEDED', /depth/],
    [
      'too many aliases',
      `{ ${Array.from({ length: 101 }, (_, at) => `a${at}: viewer { keyName }`).join(' ')} }`,
      'COST_LIMIT_EXCEEDED',
      /[Aa]lias/,
    ],
    ['too long', `{ viewer { ${'keyName '.repeat(6000)} } }`, 'COST_LIMIT_EXCEEDED', /[Tt]oken/],
    [
      'too many directives',
      `{ viewer { keyName ${'@include(if: true) '.repeat(101)} } }`,
      'COST_LIMIT_EXCEEDED',
      /[Dd]irective/,
    ],
  ])('%s', async (_, document, ...refusal) => {
    const answer = await server.ask(document);
    expectRefused(answer, refusal);
    expect(answer.data).toBeUndefined();
  });

  test('an answer that grows with every level, though the document is short', async () => {
    await registerModel(server.ask, { name: 'flights', uri: 'v1' });
    const levels = `${'inputs { outputs { '.repeat(6)}name${' } }'.repeat(6)}`;
    const answer = await server.ask(`{ model(name: "flights") { layer(name: "cat") { ${levels} } } }`);
    expectRefused(answer, ['COST_LIMIT_EXCEEDED', /more than 500000 fields/]);
    expect(answer.data).toEqual({ model: { layer: null } });
  });

  test('a document that is large and not too large is answered', async () => {
    expect((await server.ask(deep(12))).errors).toEqual([]);
  });
});

describe('a variable that is none of its type is BAD_USER_INPUT naming it', () => {
  test.each<[type: string, value: unknown, message: RegExp]>([
    ['Int', 1.5, /"\$value" got invalid value 1.5; Int cannot represent non-integer value/],
    ['Int', '1', /"\$value" got invalid value "1"/],
    ['Int', 2 ** 31, /Int cannot represent non 32-bit signed integer value/],
    ['Int!', null, /"\$value" of non-null type "Int!" must not be null/],
  ])('%s: %j', async (type, value, message) => {
    const document = `query ($value: ${type}) { models(first: $value) { totalCount } }`;
    expectRefused(await server.ask(document, { value }), ['BAD_USER_INPUT', message]);
  });
});

describe('a page that is none is BAD_USER_INPUT naming the argument', () => {
  const layers = (args: string) => `{ model(name: "dense") { layers(${args}) { totalCount } } }`;
  const neurons = (args: string) =>
    `{ model(name: "dense") { layer(name: "hidden") { neurons(${args}) { totalCount } } } }`;
  const rows = (args: string) => `{ dataset(name: "rows") { rows(${args}) { totalCount } } }`;
  const models = (args: string) => `{ models(${args}) { totalCount } }`;
  test.each<[document: string, argument: string, message: RegExp]>([
    [models('first: -1'), 'first', /`first` is -1; it must lie between 0 and 200/],
    [models('last: 201'), 'last', /`last` is 201/],
    [models('first: 1, last: 1'), 'last', /not for both/],
    [models('after: "x"'), 'after', /`after` is no cursor/],
    [models('before: ""'), 'before', /`before` is no cursor/],
    [models(`after: "${Buffer.from('at:99999999999999999').toString('base64url')}"`), 'after', /no cursor/],
    [layers('first: 5000'), 'first', /between 0 and 200/],
    [layers('after: "YXQ6LTE"'), 'after', /no cursor/],
    [neurons('first: 5000'), 'first', /between 0 and 1000/],
    [neurons('last: -1'), 'last', /`last` is -1/],
    [rows('first: 5000'), 'first', /between 0 and 200/],
    [rows('first: 1, last: 1'), 'last', /not for both/],
    [rows('partitions: ["1"]'), 'rows.partitions', /no partitions/],
    ['{ jobs(first: -1) { totalCount } }', 'first', /`first` is -1/],
    ['{ datasets(last: 5000) { totalCount } }', 'last', /`last` is 5000/],
    [neurons('orderBy: { field: MEAN }'), 'rows', /`orderBy` goes by statistics/],
    [neurons('where: { dead: true }'), 'rows', /`where` goes by statistics/],
  ])('%s', async (document, argument, message) => {
    const answer = await server.ask(document);
    expectRefused(answer, ['BAD_USER_INPUT', message]);
    expect(answer.errors[0]?.extensions.argument).toBe(argument);
  });
});

describe('ids', () => {
  const uuid = '00000000-0000-0000-0000-000000000000';
  const idOf = (text: string): string => Buffer.from(text).toString('base64url');

  test.each(['', 'x', '§', idOf('Model'), idOf('Model:\u0000'), idOf('Viewer:1'), idOf('Nothing:1')])(
    'that are none are BAD_USER_INPUT: %j',
    async (id) => {
      for (const document of [
        'query ($id: ID!) { node(id: $id) { id } }',
        'query ($id: ID!) { nodes(ids: [$id]) { id } }',
        'query ($id: ID!) { job(id: $id) { id } }',
        'mutation ($id: ID!) { deleteModel(input: { id: $id }) { deletedId } }',
        'mutation ($id: ID!) { deleteDataset(input: { id: $id }) { deletedId } }',
      ])
        expectRefused(await server.ask(document, { id }), ['BAD_USER_INPUT', /is no id of this server/]);
    },
  );

  test('are at most 200', async () => {
    const ids = Array.from({ length: 201 }, () => idOf(`Model:${uuid}`));
    const answer = await server.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expectRefused(answer, ['BAD_USER_INPUT', /`ids` has 201; the most is 200/]);
  });

  test.each([
    idOf(`Model:${uuid}`),
    idOf('Model:1'),
    idOf("Model:' or 1=1"),
    idOf(`Layer:["${uuid}","x"]`),
    idOf('Layer:{}'),
    idOf(`Neuron:["${uuid}","x",0]`),
  ])('of nothing are null, and nothing to delete: %s', async (id) => {
    const { node, nodes, job } = await answered(server.ask)<Record<string, unknown>>(
      'query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } job(id: $id) { id } }',
      { id },
    );
    expect([node, nodes, job]).toEqual([null, [null], null]);
    for (const type of ['Model', 'Dataset']) {
      const answer = await server.ask(`mutation ($id: ID!) { delete${type}(input: { id: $id }) { deletedId } }`, {
        id,
      });
      expectRefused(answer, ['NOT_FOUND', new RegExp(`There is no ${type.toLowerCase()}`)]);
    }
  });
});

describe('a text that nothing can take is BAD_USER_INPUT naming the argument', () => {
  test.each<[argument: string, document: string, variables: object]>([
    ['name', 'query ($text: String!) { model(name: $text) { id } }', { text: '\0' }],
    ['search', 'query ($text: String!) { datasets(search: $text) { totalCount } }', { text: 'a\0b' }],
    ['tag', '{ models(tag: "\\u0000") { totalCount } }', {}],
    [
      'input.alias',
      'mutation ($text: String!) { setModelAlias(input: { model: { name: "dense" }, alias: $text }) { model { id } } }',
      { text: '\ud800' },
    ],
    [
      'rows.where[0].value',
      'query ($text: JSON) { model(name: "dense") { evaluation(rows: { dataset: "rows", where: [{ column: "a", op: EQ, value: $text }] }) { auc } } }',
      { text: '\0' },
    ],
    [
      'input.manifest.features[0].name',
      'mutation ($manifest: JSON) { registerModel(input: { name: "m", version: "1", source: { uri: "dense.onnx" }, manifest: $manifest }) { model { id } } }',
      { manifest: { features: [{ name: '\0' }] } },
    ],
  ])('%s', async (argument, document, variables) => {
    const answer = await server.ask(document, variables as Record<string, unknown>);
    expectRefused(answer, [
      'BAD_USER_INPUT',
      /has (the character U\+0000|half of a surrogate pair), which cannot be kept/,
    ]);
    expect(answer.errors[0]?.extensions.argument).toBe(argument);
  });
});

test('JSON that is nested without end is BAD_USER_INPUT', async () => {
  const body = `{"query":"query ($value: JSON) { model(name: \\"dense\\") { evaluation(rows: { dataset: \\"rows\\", where: [{ column: \\"a\\", op: EQ, value: $value }] }) { auc } } }","variables":{"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
  const response = await fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { errors } = (await response.json()) as { errors: object[] };
  expect(errors).toMatchObject([
    { message: expect.stringContaining('is nested deeper than 64'), extensions: { code: 'BAD_USER_INPUT' } },
  ]);
});

describe('what is not there', () => {
  test('is null where it is asked for by name', async () => {
    expect(
      await answered(server.ask)(`{
        a: model(name: "dens") { id }
        b: model(name: "dense", version: "9") { id }
        c: model(name: "dense", alias: "champion") { id }
        d: dataset(name: "row") { id }
        e: dataset(name: "rows", version: "9") { id }
        f: model(name: "dense") { layer(name: "hiden") { id } }
        g: model(name: "dense") { layer(name: "hidden") { neuron(index: 99) { id } } }
      }`),
    ).toEqual({
      a: null,
      b: null,
      c: null,
      d: null,
      e: null,
      f: { layer: null },
      g: { layer: { neuron: null } },
    });
  });

  test('an alias that is no name is BAD_USER_INPUT', async () => {
    const answer = await server.ask(
      'mutation { setModelAlias(input: { model: { name: "dense" }, alias: "" }) { model { id } } }',
    );
    expectRefused(answer, ['BAD_USER_INPUT', /The alias must be 1 to 200 printable characters/]);
  });

  test.each<[model: string, ...Refusal]>([
    ['{ name: "dens" }', 'NOT_FOUND', /There is no model “dens”. Did you mean “dense”\?/],
    ['{ name: "dense", version: "9" }', 'NOT_FOUND', /There is no version of the model “dense” “9”/],
    ['{ name: "dense", alias: "champion" }', 'NOT_FOUND', /There is no alias of the model “dense” “champion”/],
  ])('is NOT_FOUND where something is done with it, with names that come close: %s', async (model, ...refusal) => {
    const answer = await server.ask(
      `mutation { setModelAlias(input: { model: ${model}, alias: "x" }) { model { id } } }`,
    );
    expectRefused(answer, refusal);
  });
});
