import { GraphQLError } from 'graphql';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { errorMasker } from '../../src/server/errors.ts';

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
