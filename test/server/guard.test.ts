import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { refusalOf, servedHosts } from '../../src/server/guard.ts';

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'multipart/form-data; boundary=x' };
const refusal = (method: string, headers: Record<string, string>, host = '127.0.0.1') =>
  refusalOf(
    { method, headers: { host: 'localhost:4000', ...headers } } as unknown as IncomingMessage,
    servedHosts(host),
  );

describe('a request is let in', () => {
  test.each<[method: string, headers: Record<string, string>]>([
    ['GET', {}],
    ['POST', json],
    ['POST', { 'content-type': 'Application/JSON; charset=utf-8' }],
    ['POST', { 'content-type': 'application/graphql+json' }],
    ['POST', form],
    ['POST', { ...form, origin: 'http://localhost:4000', 'sec-fetch-site': 'same-origin' }],
    ['POST', { ...json, host: 'LOCALHOST' }],
    ['POST', { ...json, host: '127.0.0.1:1' }],
    ['POST', { ...json, host: '[::1]:4000' }],
    ['POST', { ...json, 'sec-fetch-site': 'same-origin' }],
    ['GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
  ])('%s %j', (method, headers) => {
    expect(refusal(method, headers)).toBeUndefined();
  });

  test('by the address that the server binds to', () => {
    expect(refusal('GET', { host: '[::1]' }, '::1')).toBeUndefined();
  });
});

describe('a request is refused', () => {
  test.each<[method: string, headers: Record<string, string>, status: number]>([
    ['GET', { host: '' }, 403],
    ['GET', { host: 'evil.example' }, 403],
    ['GET', { host: 'localhost.evil.example' }, 403],
    ['GET', { host: 'localhost:4000.evil.example' }, 403],
    ['GET', { host: '127.0.0.1@evil.example' }, 403],
    ['GET', { host: '::1' }, 403],
    ['GET', { 'sec-fetch-site': 'cross-site' }, 403],
    ['GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['POST', { ...json, 'sec-fetch-site': 'cross-site' }, 403],
    ['POST', { ...json, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
    ['POST', {}, 415],
    ['POST', { 'content-type': 'text/plain' }, 415],
    ['POST', { 'content-type': 'text/plain; application/json' }, 415],
    ['POST', { ...form, origin: 'https://evil.example' }, 403],
    ['POST', { ...form, origin: 'null' }, 403],
    ['POST', { ...form, origin: 'http://localhost:4001' }, 403],
    ['POST', { ...form, 'sec-fetch-site': 'same-site' }, 403],
    ['POST', { ...form, 'sec-fetch-site': 'cross-site' }, 403],
    ['POST', { 'content-type': 'multipart/mixed' }, 415],
    ['POST', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['POST', { 'content-type': 'application/json2' }, 415],
  ])('%s %j: %i', (method, headers, status) => {
    expect(refusal(method, headers)).toMatchObject({ status });
  });
});

test('who asks for WebSockets is told what there is instead', () => {
  expect(refusal('GET', { connection: 'Upgrade', upgrade: 'websocket' })).toMatchObject({
    status: 400,
    message: expect.stringContaining('text/event-stream'),
  });
});
