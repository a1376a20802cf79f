import { expect } from 'vitest';
import type { Answer } from './ask.ts';

/** What a refusal must be: a code, and a message that names the thing. */
export type Refusal = readonly [code: string, message: string | RegExp];

/** One error, and nothing else of use. */
export function expectRefused({ errors }: Answer<unknown>, [code, message]: Refusal): void {
  expect(errors.map((error) => `${error.extensions.code}: ${error.message}`)).toEqual([expect.stringMatching(message)]);
  expect(errors[0]?.extensions.code).toBe(code);
}
