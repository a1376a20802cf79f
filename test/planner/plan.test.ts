import { expect, test } from 'vitest';
import { evaluation } from '../../src/analysis/quality/evaluation.ts';
import { scores as scoresOfRows } from '../../src/analysis/quality/scores.ts';
import { part } from '../../src/analysis/question.ts';
import { type KeyedQuestion, keyed, planPasses, type Target } from '../../src/planner/plan.ts';
import { question, targetOn } from './questions.ts';

const [train, test_] = [targetOn('train'), targetOn('test')];
const plan = (questions: readonly KeyedQuestion[], kept: readonly string[] = []) => {
  const { passes, waiting } = planPasses(questions, new Set(kept));
  return {
    passes: passes.map(({ target, analyses, readings }) => [
      target.dataset?.name,
      ...[...analyses, ...readings].map(({ key }) => key),
    ]),
    waiting: waiting.map((group) => group.map((one) => [one.question.key, one.after])),
  };
};

const scores = question('scores', test_);
const auc = question('auc', test_, [scores], 'evaluation');
const fits = ['a', 'b'].map((layer) => question(`fit ${layer}`, train));
const scored = fits.map((fit) => question(`scores by ${fit.key}`, test_, [fit]));
const probes = scored.map((one) => question(`auc of ${one.key}`, test_, [one], 'evaluation'));

test('a reading shares the pass of what it reads', () => {
  expect(plan([auc])).toEqual({ passes: [['test', 'scores', 'auc']], waiting: [] });
  expect(plan([auc], ['scores'])).toEqual({ passes: [['test', 'auc']], waiting: [] });
  expect(plan([auc, scores], ['auc', 'scores'])).toEqual({ passes: [], waiting: [] });
});

test('parts over other rows go first, in a pass of their own for all of them; the wholes wait together', () => {
  const after = fits.map(({ key }) => key);
  expect(plan([auc, ...probes])).toEqual({
    passes: [
      ['test', 'scores', 'auc'],
      ['train', 'fit a', 'fit b'],
    ],
    waiting: [probes.map(({ key }, at) => [key, [after[at]]])],
  });
});

test('what follows is planned when the parts are there, whoever kept them', () => {
  const there = fits.map(({ key }) => key);
  const after = [...scored, ...probes].map(({ key }) => key);
  expect(plan(probes, there)).toEqual({ passes: [['test', ...after]], waiting: [] });
  expect(plan(probes, [...there, scored[0]?.key ?? ''])).toEqual({
    passes: [['test', ...after.slice(1)]],
    waiting: [],
  });
});

test('an analysis waits for a part even over the same rows; a reading waits for a reading', () => {
  const centred = question('centred', test_, [question('mean', test_)]);
  const difference = question('difference', test_, [auc], 'evaluation');
  expect(plan([centred, difference])).toEqual({
    passes: [['test', 'mean', 'scores', 'auc']],
    waiting: [
      [
        ['centred', ['mean']],
        ['difference', ['scores', 'auc']],
      ],
    ],
  });
});

test('the key covers what the parts are about, and nothing that they are not', () => {
  const keyOn = (target: Target, others = {}) => keyed(part(evaluation, {}), target, others).key;
  const changed = { ...test_, dataset: { ...test_.dataset, digest: 'another' } };
  expect(keyOn(test_)).toBe(keyOn({ ...test_ }));
  expect(keyOn(changed)).not.toBe(keyOn(test_));
  expect(keyOn(test_, { train })).toBe(keyOn(test_));
  expect(keyed(part(evaluation, {}), test_).parts.map(({ key }) => key)).toEqual([
    keyed(part(scoresOfRows, {}), test_).key,
  ]);
});
