import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createSchema, createYoga, type YogaInitialContext } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { anySignal } from '../src/any-signal.ts';

/** A signal of a library that made its own, in accordance with the standard and without Node's. */
class ForeignSignal extends EventTarget implements AbortSignal {
  aborted = false;
  reason: unknown;
  onabort = null;
  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.dispatchEvent(new Event('abort'));
  }
}

/** The same, and says that it is an instance of Node's class. */
const pretending = (): ForeignSignal =>
  new Proxy(new ForeignSignal(), {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    getPrototypeOf: () => AbortSignal.prototype,
  });

const kinds = {
  own: () => new AbortController(),
  foreign: () => of(new ForeignSignal()),
  pretending: () => of(pretending()),
};
const of = (signal: ForeignSignal) => ({ signal, abort: (reason: unknown) => signal.abort(reason) });

test('whoever made the signals, the first that is aborted aborts, before or after, with its reason', () => {
  const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]));
  fc.assert(
    fc.property(fc.array(kind), fc.array(fc.nat({ max: 4 })), fc.array(fc.nat({ max: 4 })), (made, before, after) => {
      const signals = made.map((name) => kinds[name]());
      const aborted: number[] = [];
      const abort = (at: number): void => {
        if (signals[at] === undefined) return;
        signals[at].abort(at);
        aborted.push(at);
      };
      before.forEach(abort);
      // Of several that are aborted already, the first in the list counts.
      const expected = (): unknown => signals.find(({ signal }) => signal.aborted)?.signal.reason;
      const early = expected();
      const any = anySignal(signals.map(({ signal }) => signal));
      expect([any.aborted, any.reason]).toEqual([early !== undefined, early]);
      let heard = 0;
      any.addEventListener('abort', () => heard++);
      after.forEach(abort);
      const first = early ?? aborted[0];
      expect([any.aborted, any.reason]).toEqual([first !== undefined, first]);
      expect(heard).toBe(Number(early === undefined && first !== undefined));
    }),
  );
});

test('hears that a client has gone, of the signal that GraphQL Yoga gives a request', async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<AbortSignal>();
  const schema = createSchema<YogaInitialContext>({
    typeDefs: 'type Query { wait: Int }',
    resolvers: {
      Query: {
        wait: (_, __, { request }) => {
          const signal = anySignal([request.signal, new AbortController().signal]);
          arrive(signal);
          return once(signal, 'abort').then(() => 1);
        },
      },
    },
  });
  const yoga = createYoga({ logging: false, schema });
  const server = createServer(yoga).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql?query={wait}`;
  const answer = fetch(url, { signal: client.signal });
  const signal = await arrived;
  expect(signal.aborted).toBe(false);
  client.abort();
  await expect(answer).rejects.toThrow('aborted');
  if (!signal.aborted) await once(signal, 'abort');
  server.close();
});
