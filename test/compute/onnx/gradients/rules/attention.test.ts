import { describe, test } from 'vitest';
import { bool, float64, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const float = (value: number) => ({ float: value });
const more = { opset: 23, single: true };
const [q, k, v] = [some([2, 4, 3, 2]), some([2, 4, 5, 2]), some([2, 4, 5, 3])];
const mask = bool([3, 5], [1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0]);

/** The second of three queries may look nowhere: its history is empty. With `first`, neither the first one, if it is causal. */
const allowed = (first: number) => [first, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1];
const adding = (forbidden: number) =>
  float64(
    [3, 5],
    allowed(1).map((each) => (each ? 0.25 : forbidden)),
  );
const infinite = adding(Number.NEGATIVE_INFINITY);

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

  test.each([
    trial('Attention', [q, k, v, bool([3, 5], allowed(1))], more),
    trial('Attention', [q, k, v, bool([3, 5], allowed(0))], { ...more, attributes: { is_causal: 1 } }),
    trial('Attention', [q, k, v, infinite], { ...more, wanted: [0, 1, 2] }),
    trial('Attention', [q, k, v, infinite], { ...more, attributes: { softcap: float(2) }, wanted: [0, 1, 2] }),
    trial('Attention', [q, k, v, adding(-(2 ** 128 - 2 ** 104))], { ...more, wanted: [0, 1, 2] }),
  ])('%s agrees with differences where a query may look nowhere', async (_, given) => await expectExact(given));
});
