import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ workers: 0 });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Bytes as they were sent: fetch would unpack them. */
const get = (path: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
    const sent = request(new URL(path, server.url), { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });

describe('the server', () => {
  test('says that it lives, and that it can be asked', async () => {
    const health = await get('/health');
    expect(health).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
    expect(JSON.parse(health.bytes.toString())).toEqual({ status: 'ok' });
    const ready = await get('/ready');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.bytes.toString())).toEqual({ ready: true, database: true });
  });

  test('leads from its root to the API', async () => {
    expect(await get('/')).toMatchObject({ status: 302, headers: { location: '/graphql' } });
  });
});

describe('the playground', () => {
  const html = { accept: 'text/html,application/xhtml+xml' };

  test('is a page with the example questions that needs nothing from elsewhere', async () => {
    const { status, headers, bytes } = await get('/graphql', html);
    const page = bytes.toString();
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', vary: 'accept-encoding' });
    expect(page).toContain('<title>Glassgraph</title>');
    expect(page).toContain('How good is each version, month by month?');
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
  });

  test.each([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['GZIP;q=0.5, br;q=0', 'gzip', gunzipSync],
  ])('is compressed for who accepts %s', async (accepted, encoding, unpack) => {
    const plain = (await get('/graphql', html)).bytes;
    const { headers, bytes } = await get('/graphql', { ...html, 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(encoding);
    expect(unpack(bytes).equals(plain)).toBe(true);
    expect(bytes.length).toBeLessThan(plain.length / 2);
  });

  test('is sent again only when it has changed', async () => {
    const { headers } = await get('/graphql', html);
    const again = await get('/graphql', { ...html, 'if-none-match': headers.etag as string });
    expect(again).toMatchObject({ status: 304, headers: { etag: headers.etag } });
    expect(again.bytes).toHaveLength(0);
    expect(await get('/graphql', { ...html, 'if-none-match': `W/"other", ${headers.etag}` })).toMatchObject({
      status: 304,
    });
    expect(await get('/graphql', { ...html, 'if-none-match': '"other"' })).toMatchObject({ status: 200 });
  });
});
