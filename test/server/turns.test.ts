import { expect, test } from 'vitest';
import { Turns } from '../../src/server/turns.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('requests begin in their order, and what else has come has its turn between any two', async () => {
  const order: string[] = [];
  const turns = new Turns();
  for (const request of ['first', 'second', 'third']) turns.begin(() => order.push(request));
  setImmediate(() => order.push('newcomer'));
  expect(order).toEqual([]);
  while (order.length < 4) await nextTurn();
  expect(order).toEqual(['first', 'newcomer', 'second', 'third']);
});

test('they go on to begin after there was nothing to do', async () => {
  const turns = new Turns();
  for (const request of [1, 2]) {
    let begun = 0;
    turns.begin(() => {
      begun = request;
    });
    await nextTurn();
    expect(begun).toBe(request);
  }
});
