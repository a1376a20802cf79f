import { expect, test } from 'vitest';
import { queryLimits } from '../../src/limits.ts';
import { spend } from '../../src/planner/cost.ts';
import { question, targetOn } from './questions.ts';

const target = targetOn('rows');
const passWith = (count: number) => ({
  target,
  analyses: Array.from({ length: count }, (_, at) => question(`${at}`, target)),
  readings: [],
});
const passes = (count: number) => Array.from({ length: count }, () => passWith(1));

test('what one request has computed is bounded, however it is spread over its levels', () => {
  const { passCount, questionCount } = queryLimits;
  const spent = { passes: 0, questions: 0 };
  spend(spent, passes(passCount - 1));
  spend(spent, passes(1));
  expect(() => spend(spent, passes(1))).toThrow(
    expect.objectContaining({
      code: 'COST_LIMIT_EXCEEDED',
      message: expect.stringMatching(
        `needs ${passCount + 1} passes over rows, and one may have ${passCount}. Ask about`,
      ),
      details: { passes: passCount + 1, limit: passCount },
    }),
  );
  expect(() => spend({ passes: 0, questions: 0 }, [passWith(questionCount)])).not.toThrow();
  expect(() => spend({ passes: 0, questions: 0 }, [passWith(questionCount + 1)])).toThrow(
    expect.objectContaining({
      code: 'COST_LIMIT_EXCEEDED',
      details: { questions: questionCount + 1, limit: questionCount },
    }),
  );
});
