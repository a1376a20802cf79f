import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { exampleTabs } from './example-tabs.ts';

/** GraphiQL with everything inside, 9 MB of it: rendered and compressed once, and loaded again only when it has changed. */
export class Playground {
  readonly #page: Buffer;
  readonly #tag: string;

  constructor(endpoint: string) {
    const html = renderGraphiQL({
      endpoint,
      title: 'Glassgraph',
      defaultTabs: exampleTabs.map((query) => ({ query })),
    });
    this.#page = gzipSync(html);
    this.#tag = `"${createHash('sha256').update(html).digest('hex').slice(0, 32)}"`;
  }

  static wants({ method, headers }: IncomingMessage): boolean {
    return method === 'GET' && (headers.accept ?? '').includes('text/html');
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const headers = { etag: this.#tag, 'cache-control': 'no-cache', 'content-type': 'text/html; charset=utf-8' };
    if (request.headers['if-none-match'] === this.#tag) response.writeHead(304, headers).end();
    else response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(this.#page);
  }
}
