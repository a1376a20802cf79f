import { beforeAll, describe, expect, test } from 'vitest';
import { multiplier, sigmoid, tensor } from '../../../../src/compute/program.ts';
import type { Tensor } from '../../../../src/compute/tensor.ts';
import { type Opened, openForm } from '../forms.ts';
import { evaluated } from '../twins.ts';

const numbersOf = (values: Tensor | undefined): number[] => Array.from(values?.data as Float32Array);

describe.each(['layers', 'graph'] as const)('multipliers of DeepLIFT in a %s model', (form) => {
  let hot: Opened;
  let sequences: Opened;
  beforeAll(async () => {
    hot = await openForm('multi_hot', form);
    sequences = await openForm('sequences', form);
  });
  const logitOf = ({ model }: Opened): string => model.graph.logits[0]?.tensor ?? '';

  test('times the way add up to the difference, of a probability too', async () => {
    const { model, batch } = hot;
    const hidden = model.graph.layers.find(({ name }) => /hidden/.test(name))?.name ?? '';
    const logit = tensor(logitOf(hot));
    const { h, y, m } = await evaluated(
      model,
      { outputs: { h: tensor(hidden), y: sigmoid(logit), m: multiplier(sigmoid(logit), tensor(hidden)) } },
      // Two rows at a baseline, and behind them the rows.
      { ...batch, rowCount: 4, inputs: Object.fromEntries(Object.entries(batch.inputs).map(firstRows)) },
    );
    const [values, probabilities, multipliers] = [h, y, m].map(numbersOf) as [number[], number[], number[]];
    const width = values.length / 4;
    for (const row of [0, 1]) {
      const moved = Array.from({ length: width }, (_, unit) => {
        const [from, to] = [row * width + unit, (row + 2) * width + unit];
        return ((values[to] as number) - (values[from] as number)) * (multipliers[to] as number);
      });
      const difference = (probabilities[row + 2] as number) - (probabilities[row] as number);
      expect(Math.abs(difference)).toBeGreaterThan(1e-3);
      expect(moved.reduce((sum, each) => sum + each)).toBeCloseTo(difference, 5);
    }
  });

  test('stop at a product of what depends on features, and never are the derivative instead', async () => {
    const { model } = sequences;
    const carrier = model.graph.lookups.find(({ input }) => input === 'item')?.carrier ?? '';
    await expect(
      model.compile({ outputs: { m: multiplier(tensor(logitOf(sequences)), tensor(carrier)) } }),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATOR', message: expect.stringContaining('DeepLIFT stops at') });
  });
});

const firstRows = ([name, { dims, data, ...rest }]: [string, Tensor]): [string, Tensor] => {
  const width = data.length / (dims[0] as number);
  return [name, { ...rest, dims: [4, ...dims.slice(1)], data: data.slice(0, 4 * width) } as Tensor];
};
