import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../errors.ts';

/** A request that is refused before anything reads it. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Loopback alone protects nobody: a page of another site can send requests to it. So the Host must be one of ours (a foreign name
 * that resolves to loopback is not), and a body must be JSON, which no page can send to another origin unasked (CORS is off). Forms
 * can be sent unasked, but browsers say where they come from: one with files must come from our own page, or from no browser.
 */
export function refusalOf({ method, headers }: IncomingMessage, hosts: ReadonlySet<string>): Refusal | undefined {
  const host = hostName(headers.host ?? '');
  if (!hosts.has(host)) return forbidden('This Host is not served here. Use the server’s own name.');
  // A link from elsewhere to our page is fine, a question that another page asks in passing is not.
  const isLink = method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
  if (headers['sec-fetch-site'] === 'cross-site' && !isLink)
    return forbidden('Pages of other sites may not send requests here.');
  if (headers.upgrade?.toLowerCase() === 'websocket') return noWebSockets;
  if (method !== 'POST') return undefined;
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === 'application/graphql+json') return undefined;
  if (type === 'multipart/form-data')
    return isForeign(headers) ? forbidden('Pages of other origins may not send files here.') : undefined;
  const message =
    'Send the request as JSON, with the header content-type: application/json, or with files as multipart/form-data.';
  return { status: 415, code: 'BAD_USER_INPUT', message };
}

function isForeign({ origin, host, 'sec-fetch-site': site }: IncomingMessage['headers']): boolean {
  if (site !== undefined && site !== 'same-origin') return true;
  return origin !== undefined && origin.replace(/^https?:\/\//, '').toLowerCase() !== host?.toLowerCase();
}

const noWebSockets: Refusal = {
  status: 400,
  code: 'BAD_USER_INPUT',
  message:
    'There are no WebSockets here. Subscriptions go by Server-Sent Events: POST with the header accept: text/event-stream, e.g. with graphql-sse.',
};

const forbidden = (message: string): Refusal => ({ status: 403, code: 'FORBIDDEN', message });

const hostName = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

export const servedHosts = (host: string): ReadonlySet<string> =>
  new Set(['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host]);
