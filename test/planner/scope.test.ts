import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RequestScope } from '../../src/planner/scope.ts';

const patience = { patienceMs: 1000, signal: new AbortController().signal };

function recorded() {
  const dispatched: string[][] = [];
  const scope = new RequestScope<string, never>({ ...patience, dispatch: (questions) => dispatched.push(questions) });
  return { scope, dispatched };
}

test('questions of one tick go together', async () => {
  const { scope, dispatched } = recorded();
  scope.ask('evaluation');
  scope.ask('moments');
  expect(dispatched).toEqual([]);
  await turn();
  expect(dispatched).toEqual([['evaluation', 'moments']]);
});

test('a question waits for resolvers that may still ask, however deep', async () => {
  const { scope, dispatched } = recorded();
  scope.ask('evaluation');
  scope.enter();
  await turn();
  expect(dispatched).toEqual([]);
  scope.enter();
  scope.leave();
  scope.ask('moments of the first layer');
  await turn();
  expect(dispatched).toEqual([]);
  scope.ask('moments of the second layer');
  scope.leave();
  await turn();
  expect(dispatched).toEqual([['evaluation', 'moments of the first layer', 'moments of the second layer']]);
});

test('a resolver that begins in the same turn holds everything back', async () => {
  const { scope, dispatched } = recorded();
  scope.enter();
  scope.ask('a');
  scope.leave();
  scope.enter();
  await turn();
  expect(dispatched).toEqual([]);
  scope.leave();
  await turn();
  expect(dispatched).toEqual([['a']]);
});

test('what is asked after an answer is a plan of its own', async () => {
  const { scope, dispatched } = recorded();
  scope.ask('first');
  await turn();
  scope.ask('second');
  await turn();
  expect(dispatched).toEqual([['first'], ['second']]);
});
