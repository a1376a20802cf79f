import { expect, test } from 'vitest';
import { similarTo, suggestion } from '../src/similar.ts';

test('closest first, whatever the case, and nothing far away', () => {
  expect(similarTo('Clickd', ['clicked', 'click', 'label', 'day'])).toEqual(['click', 'clicked']);
  expect(similarTo('x', ['day'])).toEqual([]);
});

test('a suggestion falls back on what there is', () => {
  expect(suggestion('dya', ['day', 'hour'])).toBe(' Did you mean “day”?');
  expect(suggestion('minute', ['day', 'hour'])).toBe(' There is “day”, “hour”.');
  expect(suggestion('minute', [])).toBe('');
});
