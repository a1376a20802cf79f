import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tensor } from '../../../src/compute/program.ts';
import { openForm, openNet } from './forms.ts';
import { evaluated } from './twins.ts';

/** How far a score moves when weights have fewer bits. */
const losses = { uint8: 2e-2, uint16: 1e-4, float16: 1e-3 };

describe.each(Object.entries(losses))('weights of %s', (dtype, loss) => {
  const scores: Record<string, number[]> = {};
  let exact: readonly number[];

  beforeAll(async () => {
    for (const form of ['layers', 'graph'] as const) {
      const { model, batch, expected } = await openNet('multi_hot', join('quantized', dtype, form));
      const { score } = await evaluated(
        model,
        { outputs: { score: tensor(model.graph.outputs[0]?.name as string) } },
        batch,
      );
      scores[form] = Array.from(score?.data as Float32Array);
      exact = expected.outputs[0] as number[];
    }
  });

  test.each(['layers', 'graph'])('give the scores of a %s model up to what they lose', (form) => {
    expect(scores[form]).toHaveLength(exact.length);
    for (const [at, value] of exact.entries()) {
      expect(Math.abs((scores[form]?.[at] as number) - value)).toBeLessThan(loss);
      expect(scores[form]?.[at]).toBeCloseTo(scores.layers?.[at] as number, 5);
    }
  });
});

test('a quantised model has the layers of the exact one', async () => {
  const [exact, quantized] = [
    await openForm('multi_hot', 'layers'),
    await openNet('multi_hot', 'quantized/uint8/layers'),
  ];
  expect(quantized.model.graph).toEqual(exact.model.graph);
});
