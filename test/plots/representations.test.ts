import { expect, test } from 'vitest';
import { frequencyPlot } from '../../src/plots/frequency.ts';
import { projectionPlot } from '../../src/plots/projection.ts';
import { similarityPlot } from '../../src/plots/similarity.ts';
import { draw, marksOf } from './draw.ts';

test('norm by frequency: a bar for each bucket that has entries, with their number', async () => {
  const svg = await draw(
    frequencyPlot(
      [
        { minimum: 0, maximum: 0, entryCount: 3, meanNorm: 0.1 },
        { minimum: 1, maximum: 1, entryCount: 0, meanNorm: Number.NaN },
        { minimum: 2, maximum: 9, entryCount: 1234, meanNorm: 0.4 },
        { minimum: 10, maximum: null, entryCount: 5, meanNorm: 0.7 },
      ],
      'embedding.tailnum.weight',
    ),
  );
  for (const text of [
    'How long the entries of embedding.tailnum.weight are,',
    'by how often they occur',
    'never',
    '2–9',
    '10 and more',
    '1,234',
  ])
    expect(svg).toContain(text);
});

test('similarity: a cell for each pair of layers', async () => {
  const svg = await draw(
    similarityPlot({
      base: { model: 'flights 1', layers: ['relu', 'relu_1'] },
      candidate: { model: 'flights 2', layers: ['call/net/hidden/Relu', 'call/net/hidden_1/Relu', 'call/net/logit'] },
      values: [
        [1, 0.5, null],
        [0.25, 0.75, 0.1],
      ],
    }),
  );
  expect(svg).toContain('How alike the layers of flights 1 and flights 2 are: linear CKA');
  for (const name of ['>hidden/Relu<', '>hidden_1/Relu<', '>logit<', '>relu_1<']) expect(svg).toContain(name);
  expect(marksOf(svg, 'rect')).toBeGreaterThanOrEqual(5);
});

test('a projection: every row by score, and by label where there are labels', async () => {
  const point = (row: number, label: number) => ({ row, coordinates: [row, -row], score: row / 4, label });
  const plot = (label: number) =>
    projectionPlot({
      layer: 'relu_3',
      method: 'principal components',
      axes: ['component 1', 'component 2'],
      points: [0, 1, 2].map((row) => point(row, label)),
    });
  expect(marksOf(await draw(plot(1)), 'symbol')).toBeGreaterThanOrEqual(6);
  const line = { layer: 'logit', method: 'principal components', axes: ['component 1'], points: [point(1, 1)] };
  expect(await draw(projectionPlot(line))).not.toContain('Y-axis');
  const unlabelled = await draw(plot(-1));
  expect(unlabelled).not.toContain('by label');
  expect(unlabelled).toContain('Rows as relu_3 sees them: principal components');
});
