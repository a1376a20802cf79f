import { expect, test } from 'vitest';
import type { PassProgress } from '../../src/pass/protocol.ts';
import { answersOf } from '../support/pass.ts';
import { statisticsNet } from '../support/statistics-nets.ts';

const toy = statisticsNet('dense');
const rowCount = 1500;

async function progressOf(...names: (readonly [name: string, spec: object])[]): Promise<PassProgress[]> {
  const told: PassProgress[] = [];
  const questions = names.map(([name, spec]) => ({ name, spec }));
  await answersOf(toy, questions, {}, (progress) => told.push(progress));
  const rows = told.map(({ rowsDone }) => rowsDone);
  expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  return told;
}

const layer = { layer: 'hidden' };

test('a pass goes on over its sweeps, of which it knows how many there will be', async () => {
  const once = await progressOf(['moments', layer]);
  expect(new Set(once.map(({ rowsTotal }) => rowsTotal))).toEqual(new Set([rowCount]));
  const twice = await progressOf(['moments', layer], ['distribution', layer]);
  expect(new Set(twice.map(({ rowsTotal }) => rowsTotal))).toEqual(new Set([2 * rowCount]));
  expect(twice.at(-1)).toMatchObject({ rowsDone: 2 * rowCount });
});

test('a pass that goes on until it has converged does not say how far it is, and in the end it is through', async () => {
  const told = await progressOf(['probe', { ...layer, l2: 1, maxIterations: 100, tolerance: 1e-6 }]);
  const last = told.pop() as PassProgress;
  expect(new Set(told.map(({ rowsTotal }) => rowsTotal))).toEqual(new Set([null]));
  expect(last.rowsTotal).toBe(last.rowsDone);
  expect(last.rowsDone).toBeGreaterThan(2 * rowCount);
});

test('t-SNE goes over the rows once more in each of its 500 steps', async () => {
  const told = await progressOf(['tsne', { ...layer, components: 2, seed: 0 }]);
  expect(new Set(told.map(({ rowsTotal }) => rowsTotal))).toEqual(new Set([501 * rowCount]));
  expect(told.at(-1)).toMatchObject({ rowsDone: 501 * rowCount });
  expect(told.length).toBeGreaterThan(5);
});
