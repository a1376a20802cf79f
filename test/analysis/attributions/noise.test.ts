import { expect, test } from 'vitest';
import { float32 } from '../../../src/compute/tensor.ts';
import { attributed, type Net } from './nets.ts';

/** logit = (d₀ + d₁) · w, of a deep and a wide table for the same id; their lookups in this order. */
const wideAndDeep = (order: 'wide first' | 'deep first'): Net => {
  const lookups: Net['text']['nodes'] = [
    ['Gather', 'wide id', 'w', { axis: 0 }],
    ['Gather', 'deep id', 'd', { axis: 0 }],
  ];
  return {
    text: {
      inputs: { id: ['int64', [null]] },
      weights: {
        wide: float32([3, 1], [0, 1, 2]),
        deep: float32([3, 2], [0, 0, 1, 2, 3, 4]),
        ones: float32([2, 1], [1, 1]),
      },
      nodes: [
        ...(order === 'wide first' ? lookups : lookups.toReversed()),
        ['MatMul', 'd ones', 'sum'],
        ['Mul', 'sum w', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    },
    features: [{ name: 'id', kind: 'CATEGORICAL', column: 'id', input: 'id' }],
    rows: '(1), (2)',
    columns: 'id',
  };
};

test('a feature’s noise is the same in whichever order a graph has its tables', async () => {
  const asked = { method: 'SMOOTHGRAD_SQUARED', noise: 1 } as const;
  const [one] = await attributed(wideAndDeep('wide first'), asked);
  const [other] = await attributed(wideAndDeep('deep first'), asked);
  expect(one?.score[0]).toBeGreaterThan(0);
  expect(other?.score[0]).toBeCloseTo(one?.score[0] as number, 3);
});
