import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
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

test('a question waits for whatever may still ask, however deep', async () => {
  const { scope, dispatched } = recorded();
  scope.ask('evaluation');
  const { promise, resolve } = Promise.withResolvers<void>();
  const resolver = scope.run(() => promise);
  await turn();
  expect(dispatched).toEqual([]);
  scope.run(() => scope.ask('moments of the first layer'));
  await turn();
  expect(dispatched).toEqual([]);
  scope.ask('moments of the second layer');
  resolve();
  await resolver;
  await turn();
  expect(dispatched).toEqual([['evaluation', 'moments of the first layer', 'moments of the second layer']]);
});

test('what begins in the same turn holds everything back', async () => {
  const { scope, dispatched } = recorded();
  scope.run(() => scope.ask('a'));
  const { promise, resolve } = Promise.withResolvers<void>();
  const resolver = scope.run(() => promise);
  await turn();
  expect(dispatched).toEqual([]);
  resolve();
  await resolver;
  await turn();
  expect(dispatched).toEqual([['a']]);
});

test('what fails holds nothing back', async () => {
  const { scope, dispatched } = recorded();
  const broken = () => {
    throw new Error('broken');
  };
  expect(() => scope.run(broken)).toThrow('broken');
  await expect(scope.run(async () => broken())).rejects.toThrow('broken');
  scope.ask('a');
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

test('who waits for an answer, or for several at once, holds nothing back', async () => {
  const { scope, dispatched } = recorded();
  const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const resolver = scope.run(async (branch) => {
    const asked = answers.map(({ promise }, at) => {
      scope.ask(`first ${at}`);
      return branch.waitFor(promise);
    });
    await Promise.all(asked);
    scope.ask('second');
  });
  await turn();
  expect(dispatched).toEqual([['first 0', 'first 1']]);
  scope.ask('of somebody else');
  answers[0].resolve();
  await turn();
  expect(dispatched.slice(1)).toEqual([['of somebody else']]);
  answers[1].resolve();
  await resolver;
  await turn();
  expect(dispatched.slice(2)).toEqual([['second']]);
});

/** What a resolver does, one after the other: asks some questions at once, looks something up, starts another beside. */
type Step = { asks: number } | { looksUp: true } | { starts: readonly Step[] };

const step: fc.Arbitrary<Step> = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ asks: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ looksUp: fc.constant(true as const) }),
    fc.record({ starts: fc.array(tie('step'), { maxLength: 4 }) }),
  ),
})).step;

test('law: whatever resolvers do, every question is answered, and none goes while another may still be asked', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 5 }), async (resolvers) => {
      let busy = 0;
      const early: string[] = [];
      const started: Promise<void>[] = [];
      const scope = new RequestScope<PromiseWithResolvers<void>, never>({
        ...patience,
        dispatch(questions) {
          if (busy > 0) early.push(`${questions.length} while ${busy} were busy`);
          setImmediate(() => {
            for (const { resolve } of questions) resolve();
          });
        },
      });
      const does = (steps: readonly Step[]): Promise<void> =>
        scope.run(async (branch) => {
          busy++;
          const beside: Promise<void>[] = [];
          for (const one of steps) {
            if ('starts' in one) beside.push(does(one.starts));
            else if ('looksUp' in one) await turn();
            else {
              const questions = Array.from({ length: one.asks }, () => Promise.withResolvers<void>());
              busy--;
              const answers = questions.map((question) => branch.waitFor(question.promise));
              for (const question of questions) scope.ask(question);
              await Promise.all(answers);
              busy++;
            }
          }
          busy--;
          // What it started goes on beside it, as fields of GraphQL do.
          started.push(...beside);
        });
      started.push(...resolvers.map(does));
      for (let at = 0; at < started.length; at++) await started[at];
      expect(early).toEqual([]);
    }),
  ));
