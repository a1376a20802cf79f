import { describe, expect, test } from 'vitest';
import { preferredWaitMs } from '../../src/server/prefer.ts';

describe('how long a request wants to wait', () => {
  test.each([
    [null, undefined],
    ['', undefined],
    ['return=minimal', undefined],
    ['wait=30', 30_000],
    ['Wait = "2.5"', 2500],
    ['handling=lenient, wait=0', 0],
    ['respond-async', 0],
    ['respond-async, wait=10', 10_000],
    ['wait=10; x=1', 10_000],
  ])('%j is %j ms', (header, ms) => {
    expect(preferredWaitMs(header)).toBe(ms);
  });

  test.each(['wait=', 'wait=soon', 'wait=-1', 'wait=3601', 'wait=NaN'])('“%s” is BAD_USER_INPUT', (header) => {
    expect(() => preferredWaitMs(header)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});
