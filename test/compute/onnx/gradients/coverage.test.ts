import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withCoverage } from '../../../../scripts/gradient-coverage.ts';

test('the documentation lists the rules that there are', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/gradients.md'), 'utf8');
  expect(text).toBe(withCoverage(text));
});
