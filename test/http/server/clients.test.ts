// @module-tag any-database
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../../src/graph/schema.ts';
import { answered } from '../../support/ask.ts';
import { expectRefused } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

/** What widespread clients rely on. */
let server: TestServer;
let modelId: string;
const logged: string[] = [];
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder], logTo: { write: (line) => void logged.push(line) } });
  modelId = (await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() })).id;
  await registerRows(server, 'clicks', denseRows, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (body: object, headers: Record<string, string> = {}) =>
  fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('a bad argument', () => {
  test('of a field that may be null costs that field alone', async () => {
    const { data, errors } = await server.ask(`{
      model(name: "dense") { name layer(name: "hidden") { name neurons(first: -1) { totalCount } } }
    }`);
    expect(data).toEqual({ model: { name: 'dense', layer: { name: 'hidden', neurons: null } } });
    expect(errors).toMatchObject([{ path: ['model', 'layer', 'neurons'], extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  test.each([
    ['layers(first: -1)', 'first'],
    ['layers(first: 1, last: 1)', 'last'],
    ['versions(after: "nonsense")', 'after'],
    ['... on Model { layers(last: 201)', 'last'],
    ['...bad', 'first'],
  ])('of one that may not, %s, is refused before anything is lost or done', async (field, argument) => {
    const fragment = field === '...bad' ? ' fragment bad on Model { layers(first: -1) { totalCount } }' : '';
    const selection = `${field}${fragment === '' ? ' { totalCount }' : ''}${field.includes('{ ') ? ' }' : ''}`;
    const document = `mutation {
      setModelAlias(input: { model: { name: "dense" }, alias: "refused" }) { model { ${selection} } }
    }${fragment}`;
    const answer = await server.ask(document, {}, { accept: 'application/graphql-response+json' });
    expectRefused(answer, ['BAD_USER_INPUT', new RegExp(argument)]);
    expect(answer).toMatchObject({ status: 400, data: undefined, errors: [{ extensions: { argument } }] });
    expect(answer.errors[0]?.path).toBeUndefined();
    expect(await answered(server.ask)('{ model(name: "dense") { aliases } }')).toEqual({ model: { aliases: [] } });
  });

  test('is refused by its value, not by its variable: the same document with another one is answered', async () => {
    const document = 'query ($n: Int) { models { nodes { layers(first: $n) { nodes { name } } } } }';
    const answer = await answered(server.ask)(document, { n: 1 });
    expectRefused(await server.ask(document, { n: -1 }), ['BAD_USER_INPUT', /`first` is -1/]);
    expect(await answered(server.ask)(document, { n: 1 })).toEqual(answer);
    expect(await answered(server.ask)(document)).not.toEqual(answer);
  });

  test('of pages and lists that cannot be null is known ahead, on whatever field', () => {
    const unknown = Object.values(schema.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !type.name.startsWith('__')
        ? Object.values(type.getFields())
            .filter(
              ({ type: own, args }) => isNonNullType(own) && args.some(({ name }) => /^(first|last|ids)$/.test(name)),
            )
            .filter(({ extensions }) => typeof extensions.refusedEarly !== 'function')
            .map(({ name }) => `${type.name}.${name}`)
        : [],
    );
    expect(unknown).toEqual([]);
  });

  test('in a list of ids costs its own place', async () => {
    const ids = ['garbage', modelId, '', modelId];
    const { data, errors } = await server.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expect(data).toEqual({ nodes: [null, { id: modelId }, null, { id: modelId }] });
    expect(errors).toMatchObject(
      [0, 2].map((at) => ({ path: ['nodes', at], extensions: { code: 'BAD_USER_INPUT', argument: `ids[${at}]` } })),
    );
    const one = await server.ask('{ node(id: "garbage") { id } viewer { keyName } }');
    expect(one).toMatchObject({ data: { node: null, viewer: {} }, errors: [{ extensions: { argument: 'id' } }] });
  });
});

describe('neurons', () => {
  const neurons = (args: string, variables = {}) =>
    server.ask(
      `${args.includes('$n') ? 'query ($n: Int) ' : ''}{ model(name: "dense") { layer(name: "hidden") { neurons(${args}) { nodes { index } } } } }`,
      variables,
    );
  const indexes = async (...asked: Parameters<typeof neurons>) =>
    (await neurons(...asked)).data.model.layer.neurons.nodes.map(({ index }: { index: number }) => index);

  test('are asked for from the start or from the end, not from both', async () => {
    expectRefused(await neurons('first: 2, last: 2'), ['BAD_USER_INPUT', /not for both/]);
    expectRefused(await neurons('first: $n, last: 2', { n: 2 }), ['BAD_USER_INPUT', /not for both/]);
  });

  test('their default number is in nobody’s way', async () => {
    expect(await indexes('last: 1')).toEqual([1]);
    expect(await indexes('first: $n, last: 1')).toEqual([1]);
    expect(await indexes('first: 1')).toEqual([0]);
  });
});

describe('automatic persisted queries', () => {
  const query = '{ viewer { keyName } }';
  const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') };
  const refusal = {
    errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
  };

  test('are told that the document has to be sent, and then answered', async () => {
    expect(await (await post({ extensions: { persistedQuery } })).json()).toEqual(refusal);
    expect(await (await post({ query, extensions: { persistedQuery } })).json()).toEqual({
      data: { viewer: { keyName: null } },
    });
  });

  test('by GET as well', async () => {
    const url = `${server.url}?extensions=${encodeURIComponent(JSON.stringify({ persistedQuery }))}`;
    expect(await (await fetch(url)).json()).toEqual(refusal);
  });
});

describe('what a client does not accept', () => {
  const subscription = { query: `subscription { job(id: "${Buffer.from('Job:x').toString('base64url')}") { id } }` };

  test.each([
    ['text/html', { query: '{ viewer { keyName } }' }, /application\/graphql-response\+json/],
    ['application/xml, image/*', { query: 'mutation { cancelJob(input: { id: "x" }) { job { id } } }' }, /JSON/],
  ])('is refused with 406 and words about what to accept: %s', async (accept, body, words) => {
    const response = await post(body, { accept });
    expect([response.status, response.headers.get('content-type')]).toEqual([406, 'application/json; charset=utf-8']);
    const { errors, data } = await response.json();
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      { message: expect.stringMatching(words), extensions: { code: 'BAD_USER_INPUT', argument: 'Accept' } },
    ]);
  });

  test.each([['application/json'], ['multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json']])(
    'a subscription in other events than Server-Sent ones: %s',
    async (accept) => {
      const { data } = await server.ask<{ model: { evaluation: { provenance: { job: { id: string } } } } }>(
        '{ model(name: "dense") { evaluation(rows: { dataset: "clicks" }) { provenance { job { id } } } } }',
      );
      const { id } = data.model.evaluation.provenance.job;
      const response = await post({ query: `subscription { job(id: "${id}") { state } }` }, { accept });
      expect(response.status).toBe(406);
      const { errors } = await response.json();
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('accept: text/event-stream'),
          extensions: { code: 'BAD_USER_INPUT', acceptable: ['text/event-stream'] },
        },
      ]);
      expect(errors[0].extensions.http).toBeUndefined();
    },
  );

  test('an error of a subscription that never began is told as what it is', async () => {
    const response = await post(subscription, { accept: 'application/json' });
    expect((await response.json()).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});

test('whoever has an answer finds the job that computed it done', async () => {
  const fields = {
    evaluation: (rows: string) => `found: evaluation(${rows})`,
    saliency: (rows: string) => `found: saliency(${rows})`,
    response: (rows: string) => `found: response(feature: "x0", ${rows})`,
  };
  for (let at = 0; at < 8; at++)
    for (const field of Object.values(fields)) {
      const rows = `rows: { dataset: "clicks", where: [{ column: "a", op: LT, value: ${at + 2} }] }`;
      const { model } = await answered(server.ask)<{ model: { found: { provenance: object } } }>(
        `{ model(name: "dense") { ${field(rows)} { provenance { job { state rowsDone rowsTotal fraction } } } } }`,
      );
      expect(model.found.provenance).toEqual({ job: { state: 'DONE', rowsDone: 3, rowsTotal: 3, fraction: 1 } });
    }
});

test('a client that goes away in the middle of its request is no fault of anything', async () => {
  const { hostname, port } = new URL(server.url);
  logged.length = 0;
  for (const body of ['', '{ "query": ']) {
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n${body}`,
    );
    await sleep(200);
    socket.resetAndDestroy();
  }
  await sleep(500);
  await answered(server.ask)('{ viewer { keyName } }');
  expect(logged.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
});
