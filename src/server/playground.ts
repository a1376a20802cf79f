import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { exampleTabs } from './example-tabs.ts';

/** From the best to what everybody takes. Brotli at a level that takes as long as gzip and makes less. */
const encodings = {
  br: (page: Buffer) => promisify(brotliCompress)(page, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (page: Buffer) => promisify(gzip)(page),
  identity: async (page: Buffer) => page,
} as const;
type Encoding = keyof typeof encodings;

/** GraphiQL with everything inside, 9 MB of it: compressed once for each encoding, and loaded again only when it has changed. */
export class Playground {
  readonly #page: Buffer;
  /** Weak: the same page, however it is encoded. */
  readonly #tag: string;
  readonly #encoded = new Map<Encoding, Promise<Buffer>>();

  constructor(endpoint: string) {
    const tabs = exampleTabs.map((query) => ({ query }));
    this.#page = Buffer.from(renderGraphiQL({ endpoint, title: 'Glassgraph', defaultTabs: tabs }));
    this.#tag = `W/"${createHash('sha256').update(this.#page).digest('hex').slice(0, 32)}"`;
  }

  static wants({ method, headers }: IncomingMessage): boolean {
    return method === 'GET' && (headers.accept ?? '').includes('text/html');
  }

  async serve({ headers: asked }: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = { etag: this.#tag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
    if ((asked['if-none-match'] ?? '').includes(this.#tag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const encoding = encodingFor(asked['accept-encoding'] ?? '');
    const page = await this.#as(encoding);
    response
      .writeHead(200, {
        ...headers,
        'content-type': 'text/html; charset=utf-8',
        'content-length': page.length,
        ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      })
      .end(page);
  }

  #as(encoding: Encoding): Promise<Buffer> {
    const page = this.#encoded.get(encoding) ?? encodings[encoding](this.#page);
    this.#encoded.set(encoding, page);
    return page;
  }
}

/** Of `accept-encoding` (RFC 9110, 12.5.3): what is named and not refused with q=0. */
function encodingFor(accepted: string): Encoding {
  const named = accepted
    .toLowerCase()
    .split(',')
    .map((one) => one.replaceAll(/\s/g, ''))
    .filter((one) => !/;q=0(\.0*)?$/.test(one))
    .map((one) => one.split(';')[0]);
  return (Object.keys(encodings) as Encoding[]).find((encoding) => named.includes(encoding)) ?? 'identity';
}
