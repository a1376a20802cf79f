import type { Toy } from './pass.ts';

const score = { output: 'score', index: 0, space: 'PROBABILITY' };
const numbers = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `c${at}`,
    kind: 'NUMERIC',
    column: `c${at}`,
    input: 'x',
    index: at,
  }));
const features = {
  dense: numbers(5),
  convolution: numbers(16),
  sequence: [{ name: 'ids', kind: 'SEQUENCE', column: 'ids', input: 'ids', length: 6, padding: 0 }],
};

export type StatisticsNet = keyof typeof features;

/** A net of test/fixtures/generate/statistics.py over its rows, which are 1,500 with a label where they have one. */
export const statisticsNet = (name: StatisticsNet): Toy => ({
  model: `test/fixtures/statistics/${name}.onnx`,
  manifest: { score, features: features[name] },
  rows: `test/fixtures/statistics/${name}.parquet`,
  label: 'label',
});
