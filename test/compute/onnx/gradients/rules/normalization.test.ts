import { describe, expect, test } from 'vitest';
import * as p from '../../../../../src/compute/program.ts';
import { float32 } from '../../../../../src/compute/tensor.ts';
import { modelOf, opened, run, valuesOf } from '../../models.ts';
import { above, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const float = (value: number) => ({ float: value });
const image = some([2, 4, 3, 2]);

describe('the gradient of', () => {
  test.each([
    trial('BatchNormalization', [some([3, 4]), some([4]), some([4]), some([4]), above([4])]),
    trial('BatchNormalization', [image, some([4]), some([4]), some([4]), above([4])]),
    trial('BatchNormalization', [image, some([4]), some([4]), some([4]), above([4])], { opset: 8 }),
    trial('LayerNormalization', [some([2, 3, 4]), some([4]), some([4])]),
    trial('LayerNormalization', [some([2, 3, 4]), some([3, 4])], { attributes: { axis: 1, epsilon: float(0.1) } }),
    trial('LayerNormalization', [some([2, 3, 4]), some([4]), some([4])], {
      outputCount: 3,
      targets: [0, 1, 2],
      single: true,
    }),
    trial('RMSNormalization', [some([2, 3, 4]), some([4])], { opset: 23 }),
    trial('InstanceNormalization', [image, some([4]), some([4])], { single: true }),
    trial('GroupNormalization', [image, some([2]), some([2])], { attributes: { num_groups: 2 } }),
    trial('GroupNormalization', [image, some([4]), some([4])], {
      attributes: { num_groups: 2 },
      opset: 21,
      single: true,
    }),
    trial('LpNormalization', [some([2, 3])]),
    trial('LpNormalization', [some([2, 3])], { attributes: { p: 1, axis: 0 } }),
    trial('MeanVarianceNormalization', [image], { single: true }),
    trial('LRN', [image], { attributes: { size: 3, alpha: float(0.5) }, single: true }),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));

  test.each([1, 2])('LpNormalization with p = %i of a row of zeros, where there is none: zeros', async (power) => {
    const open = await opened(
      modelOf({
        inputs: { x: ['float32', [null, 2]] },
        weights: { weights: float32([2], [25, 0]) },
        nodes: [
          ['LpNormalization', 'x', 'unit', { p: power, axis: 1 }],
          ['Mul', 'unit weights', 'y'],
        ],
        outputs: 'y',
      }),
    );
    const outputs = { dx: p.gradient(p.tensor('y'), p.tensor('x')) };
    const { dx } = await run(open, { outputs }, { x: float32([2, 2], [0, 0, 3, 4]) });
    // 25 x₀ / |x|: 25 (|x|² − x₀²) / |x|³ and −25 x₀ x₁ / |x|³; 25 (|x| − x₀) / |x|² and −25 x₀ / |x|².
    const expected = power === 2 ? [0, 0, 3.2, -2.4] : [0, 0, 100 / 49, -75 / 49];
    for (const [at, value] of valuesOf(dx).entries()) expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 5);
  });
});
