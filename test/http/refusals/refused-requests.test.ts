// @module-tag any-database
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ workers: 0 });
});
afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  expect(await answered(server.ask)('{ viewer { keyName } }')).toEqual({ viewer: { keyName: null } });
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const question = JSON.stringify({ query: '{ viewer { keyName } }' });
const json = { 'content-type': 'application/json' };

/** By node:http, since fetch would not let us choose Host and Sec-Fetch-Site. */
function send({ method = 'POST', path = '/graphql', headers = json, body = question }: Sent) {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const sent = request(new URL(path, server.url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(method === 'GET' ? undefined : body);
  });
}

const tooLarge = JSON.stringify({ query: '{ viewer { keyName } }', variables: { x: 'x'.repeat(1e7) } });
const query = (document: string): string => `/graphql?query=${encodeURIComponent(document)}`;

describe('a request that is none is refused with a status and a code', () => {
  test.each<[what: string, sent: Sent, status: number, code: string, message: RegExp]>([
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={viewer{keyName}}' },
      415,
      'BAD_USER_INPUT',
      /content-type: application\/json/,
    ],
    [
      'plain text, as a page of another site can send',
      { headers: { 'content-type': 'text/plain' } },
      415,
      'BAD_USER_INPUT',
      /content-type: application\/json/,
    ],
    [
      'multipart without operations',
      { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' },
      400,
      'BAD_USER_INPUT',
      /operations/,
    ],
    ['no content type', { headers: {} }, 415, 'BAD_USER_INPUT', /content-type: application\/json/],
    ['another Host', { headers: { ...json, host: 'evil.example' } }, 403, 'FORBIDDEN', /This Host is not served here/],
    [
      'another Host, by GET',
      { method: 'GET', path: query('{viewer{keyName}}'), headers: { host: 'evil.example:4000' } },
      403,
      'FORBIDDEN',
      /This Host is not served here/,
    ],
    [
      'a page of another site',
      { headers: { ...json, 'sec-fetch-site': 'cross-site' } },
      403,
      'FORBIDDEN',
      /Pages of other sites/,
    ],
    [
      'a page of another site, by GET',
      {
        method: 'GET',
        path: query('{viewer{keyName}}'),
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      },
      403,
      'FORBIDDEN',
      /Pages of other sites/,
    ],
    [
      'a mutation by GET',
      { method: 'GET', path: query('mutation { deleteModel(input: { id: "x" }) { deletedId } }'), headers: {} },
      405,
      'BAD_USER_INPUT',
      /POST/,
    ],
    ['no JSON', { body: '{ "query": ' }, 400, 'BAD_USER_INPUT', /JSON/],
    ['a JSON that is no object', { body: '3' }, 400, 'BAD_USER_INPUT', /must be a JSON object/],
    ['nothing', { body: '' }, 400, 'BAD_USER_INPUT', /no JSON/],
    ['no query', { body: '{}' }, 400, 'BAD_USER_INPUT', /Must provide query/],
    ['a query that is no text', { body: '{ "query": 3 }' }, 400, 'BAD_USER_INPUT', /"query" param/],
    [
      'variables that are no object',
      { body: '{ "query": "{ viewer { keyName } }", "variables": 3 }' },
      400,
      'BAD_USER_INPUT',
      /variables/,
    ],
    ['a batch', { body: `[${question},${question}]` }, 400, 'BAD_USER_INPUT', /[Bb]atch/],
    ['10 MB', { body: tooLarge }, 413, 'PAYLOAD_TOO_LARGE', /larger than 4194304 bytes/],
    [
      '10 MB of unknown length',
      { headers: { ...json, 'transfer-encoding': 'chunked' }, body: tooLarge },
      413,
      'PAYLOAD_TOO_LARGE',
      /larger than 4194304 bytes/,
    ],
    ['another method', { method: 'PUT' }, 405, 'BAD_USER_INPUT', /POST/],
    ['another path', { path: '/elsewhere' }, 404, 'NOT_FOUND', /\/graphql/],
  ])('%s', async (_, sent, status, code, message) => {
    const answer = await send(sent);
    expect(answer).toMatchObject({ status });
    const { errors } = JSON.parse(answer.body);
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(message),
        extensions: expect.objectContaining({ code }),
      }),
    ]);
  });
});

describe('a request that is one is answered', () => {
  test.each<[what: string, sent: Sent]>([
    ['POST', {}],
    ['by GET', { method: 'GET', path: query('{ viewer { keyName } }'), headers: {} }],
    ['of the page that the server serves', { headers: { ...json, 'sec-fetch-site': 'same-origin' } }],
    ['that a person typed', { headers: { ...json, 'sec-fetch-site': 'none' } }],
    ['with a charset', { headers: { 'content-type': 'application/json; charset=utf-8' } }],
    ['by another name of the machine', { headers: { ...json, host: 'localhost:1234' } }],
  ])('%s', async (_, sent) => {
    const answer = await send(sent);
    expect(answer).toMatchObject({ status: 200 });
    expect(JSON.parse(answer.body)).toEqual({ data: { viewer: { keyName: null } } });
  });

  test('and a link on another site leads to the page', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', accept: 'text/html' };
    expect(await send({ method: 'GET', headers })).toMatchObject({ status: 200 });
  });

  test('and nothing is said of other origins', async () => {
    const { headers } = await send({ headers: { ...json, origin: 'https://evil.example' } });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
