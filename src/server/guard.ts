import type { IncomingMessage } from 'node:http';

/** A request that is refused before anything reads it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * Loopback alone protects nobody: a page of another site can send requests to it. So the Host must be one of ours (a foreign name
 * that resolves to loopback is not), and a body must be JSON, which no page can send to another origin unasked (CORS is off).
 */
export function refusalOf({ method, headers }: IncomingMessage, hosts: ReadonlySet<string>): Refusal | undefined {
  const host = hostName(headers.host ?? '');
  if (!hosts.has(host)) return { status: 403, message: 'This Host is not served here. Use the server’s own name.' };
  if (method !== 'POST') return undefined;
  if (headers['sec-fetch-site'] === 'cross-site')
    return { status: 403, message: 'Pages of other sites may not send requests here.' };
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === 'application/graphql+json') return undefined;
  return { status: 415, message: 'Send the request as JSON, with the header content-type: application/json.' };
}

const hostName = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

export const servedHosts = (host: string): ReadonlySet<string> =>
  new Set(['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host]);
