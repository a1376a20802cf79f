import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelOf } from '../../src/plots/label.ts';

describe('a value as a label', () => {
  test.each([
    [6.904679999999999, '6.90468'],
    [Math.fround(0.1), '0.1'],
    [2 ** 53 - 1, '9007199254740991'],
    [-1e-9 / 3, '-3.33333e-10'],
    [1234567.8, '1.23457e+6'],
    [-999999.5, '-1e+6'],
    [999999.4, '999999'],
    [[1234567.8, null, 'a'], '[1.23457e+6,null,"a"]'],
    ['6.904679999999999', '6.904679999999999'],
    [null, 'null'],
    [[0.30000000000000004, 2], '[0.3,2]'],
    ['x'.repeat(30), `${'x'.repeat(23)}…`],
  ])('%j is %s', (value, label) => {
    expect(labelOf(value)).toBe(label);
  });

  test('is a number that is close to it, and of six digits at most', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const label = labelOf(value);
        const tolerance = Number.isInteger(value) ? 0 : Math.abs(value) * 5.1e-6 + Number.MIN_VALUE;
        expect(Math.abs(Number(label) - value)).toBeLessThanOrEqual(tolerance);
        if (tolerance === 0) return;
        expect(
          label
            .replace(/e.*$/, '')
            .replace(/^-?(0\.)?0*/, '')
            .replace('.', '').length,
        ).toBeLessThanOrEqual(6);
      }),
    );
  });
});
