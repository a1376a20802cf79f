import { describe, test } from 'vitest';
import { above, some } from './numbers.ts';
import { expectExact, trial } from './trial.ts';

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
});
