// @module-tag slow
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examined } from './support/zoo.ts';

/** Models as libraries export them, with the answers of the framework that they come from: test/fixtures/zoo/README.md. */
const folder = join(import.meta.dirname, 'fixtures/zoo');
const models = readdirSync(folder).filter((name) => name.endsWith('.onnx'));

/** Of models that multiply probabilities: the heads that have no logit. */
const headsWithoutLogit: Readonly<Record<string, number>> = { 'torch-entire-legacy.onnx': 1 };

describe.each(models)('%s', (name) => {
  test('gives the scores, logits and gradients of its framework', async () => {
    const { scoreDifference, headCount, logitCount, logitDifference, missing, gradientDifference } = await examined(
      join(folder, name),
    );
    expect(scoreDifference).toBeLessThan(1e-5);
    expect(logitCount).toBe(headCount - (headsWithoutLogit[name] ?? 0));
    expect(logitDifference).toBeLessThan(1e-5);
    expect(missing).toEqual([]);
    expect(gradientDifference).toBeLessThan(1e-4);
  });
});
