import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tensor } from '../../../src/compute/program.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { temporaryFolder } from '../../data/parquet.ts';
import { netsFolder, openForm, openNet } from './forms.ts';
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

  test.each(['layers', 'graph'])('give the entries of the tables of a %s model up to what they lose', async (form) => {
    const whole = await entriesOf(form);
    const found = await entriesOf(join('quantized', dtype, form));
    expect(found).toHaveLength(whole.length);
    expect(whole.length).toBeGreaterThan(0);
    for (const [at, value] of found.entries()) expect(Math.abs(value - (whole[at] as number))).toBeLessThan(loss);
  });
});

/** Of all tables that ids are looked up in. */
async function entriesOf(place: string): Promise<number[]> {
  const home = await temporaryFolder();
  const root = join(netsFolder, 'multi_hot');
  const { artifact, graph } = await tfjsExecutor.register({ path: join(root, place), root }, home);
  const entries: number[] = [];
  for (const { table } of graph.lookups) {
    const open = await tfjsExecutor.openTable(artifact, home, table);
    for await (const block of open.blocks(0, open.entryCount)) entries.push(...block);
    await open.close();
  }
  return entries;
}

test('a quantised model has the layers of the exact one', async () => {
  const [exact, quantized] = [
    await openForm('multi_hot', 'layers'),
    await openNet('multi_hot', 'quantized/uint8/layers'),
  ];
  expect(quantized.model.graph).toEqual(exact.model.graph);
});
