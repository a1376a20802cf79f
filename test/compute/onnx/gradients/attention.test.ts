import { describe, test } from 'vitest';
import { bool, some } from './numbers.ts';
import { expectExact, trial } from './trial.ts';

const float = (value: number) => ({ float: value });
const more = { opset: 23, single: true };
const [q, k, v] = [some([2, 4, 3, 2]), some([2, 4, 5, 2]), some([2, 4, 5, 3])];
const mask = bool([3, 5], [1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0]);

describe('the gradient of', () => {
  test.each([
    trial('Attention', [q, k, v], more),
    trial('Attention', [q, k, v, some([3, 5])], { ...more, attributes: { scale: float(0.5) } }),
    trial('Attention', [q, k, v, mask], more),
    trial('Attention', [q, k, v], { ...more, attributes: { is_causal: 1 } }),
    trial('Attention', [q, k, v], { ...more, attributes: { softcap: float(2) } }),
    trial('Attention', [q, some([2, 2, 5, 2]), some([2, 2, 5, 3])], more),
    trial('Attention', [some([2, 3, 8]), some([2, 5, 4]), some([2, 5, 6])], {
      ...more,
      attributes: { q_num_heads: 4, kv_num_heads: 2 },
    }),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));
});
