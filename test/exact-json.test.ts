import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../src/exact-json.ts';

const beyond = fc.bigInt({ min: 2n ** 53n, max: 10n ** 40n }).chain((size) => fc.constantFrom(size, -size));

test('a whole number beyond 2^53 - 1 is refused before it is rounded, and named, wherever it lies', () => {
  const place = fc.array(fc.oneof(fc.constantFrom('a', 'rows', '__proto__'), fc.nat(2)), { maxLength: 4 });
  fc.assert(
    fc.property(beyond, place, (number, path) => {
      const text = path.reduceRight<string>(
        (inner, key) =>
          typeof key === 'number' ? `[${'0,'.repeat(key)}${inner}]` : `{"other": 1, ${JSON.stringify(key)}: ${inner}}`,
        String(number),
      );
      const where = path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('');
      expect(() => parseJson(text)).toThrow(
        expect.objectContaining({
          code: 'BAD_USER_INPUT',
          details: expect.objectContaining({ argument: where, value: String(number) }),
        }),
      );
      // As text it is what it is.
      expect(parseJson(text.replace(String(number), `"${number}"`))).toEqual(
        JSON.parse(text.replace(String(number), `"${number}"`)),
      );
    }),
  );
});

test('everything else is what JSON.parse makes of it', () => {
  const exact = fc.oneof(
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true, max: 9e15, min: -9e15 }),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      exact,
      fc.string(),
      fc.constantFrom('9007199254740993', null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(value, (any) => {
      const text = JSON.stringify(any);
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('a float beyond is taken as it is written, unless another one would come of it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e21 }), (value) => {
      expect(parseJson(JSON.stringify(value))).toBe(value);
    }),
  );
  expect(parseJson('[3e38, 1.5E+19, -2.50e20]')).toEqual([3e38, 1.5e19, -2.5e20]);
  for (const text of ['9007199254740993.0', '9.007199254740993e15', '-90071992547409930e-1'])
    expect(() => parseJson(text)).toThrow(/beyond 2\^53 - 1/);
  expect(() => parseJson('1e999')).toThrow(/beyond the largest number there is/);
});

test('what is no JSON is a SyntaxError', () => {
  for (const text of ['', '{', '{"a": 12345678901234567, }']) expect(() => parseJson(text)).toThrow(SyntaxError);
});
