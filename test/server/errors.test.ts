import { DrizzleQueryError } from 'drizzle-orm';
import fc from 'fast-check';
import { buildSchema, GraphQLError, graphqlSync } from 'graphql';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { errorMasker } from '../../src/server/errors.ts';
import { DatabaseError } from '../../src/store/away.ts';

test('a disk that is full is no defect of the server, whoever has met it', () => {
  const mask = errorMasker(pino({ level: 'silent' }));
  const ofNode = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const ofPostgres = Object.assign(new Error('could not extend file "base/5/1"'), { code: '53100' });
  for (const error of [ofNode, new Error('Failed query', { cause: ofPostgres })]) {
    const { message, extensions } = mask(new GraphQLError(error.message, { originalError: error }));
    expect([extensions.code, message]).toEqual([
      'ANALYSIS_FAILED',
      expect.stringMatching(/^The server’s disk is full/),
    ]);
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'a figure that is %d is a failed analysis and no defect, where nobody has looked',
  (value) => {
    const mask = errorMasker(pino({ level: 'silent' }));
    const schema = buildSchema('type Query { figure: Float!, count: Int! }');
    for (const source of ['{ figure }', '{ count }']) {
      const { errors = [] } = graphqlSync({ schema, source, rootValue: { figure: value, count: value } });
      expect(errors.map((error) => mask(error).extensions.code)).toEqual(['ANALYSIS_FAILED']);
    }
  },
);

test('an error of a socket is the database’s only where it comes from there', () => {
  const mask = errorMasker(pino({ level: 'silent' }));
  const code = fc.constantFrom('ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH');
  const wrap = fc.constantFrom<((cause: Error) => Error)[]>(
    (cause) => new Error('what was done', { cause }),
    (cause) => new AggregateError([cause]),
  );
  const ofDatabase = fc.constantFrom<((cause: Error) => Error)[]>(
    (cause) => new DrizzleQueryError('select 1', [], cause),
    (cause) => new DatabaseError(cause),
  );
  const codeOf = (error: Error) => mask(new GraphQLError('x', { originalError: error })).extensions.code;
  fc.assert(
    fc.property(code, fc.array(wrap, { maxLength: 3 }), fc.array(wrap, { maxLength: 3 }), ofDatabase, (...drawn) => {
      const [code, inner, outer, own] = drawn;
      const socket = Object.assign(new Error(code), { code });
      const around = (error: Error, wraps: typeof inner) => wraps.reduce((cause, one) => one(cause), error);
      expect(codeOf(around(socket, [...inner, ...outer]))).toBe('INTERNAL_SERVER_ERROR');
      expect(codeOf(around(own(around(socket, inner)), outer))).toBe('SERVICE_UNAVAILABLE');
    }),
  );
});
