import fc from 'fast-check';
import { expect, test } from 'vitest';
import { similarTo, suggestionFor } from '../src/similar.ts';

test('closest first, whatever the case, and nothing far away', () => {
  expect(similarTo('Clickd', ['clicked', 'click', 'label', 'day'])).toEqual(['click', 'clicked']);
  expect(similarTo('x', ['day'])).toEqual([]);
});

test('a suggestion falls back on what there is', () => {
  expect(suggestionFor('dya', ['day', 'hour'])).toEqual({ words: ' Did you mean “day”?', data: { similar: ['day'] } });
  expect(suggestionFor('minute', ['day', 'hour'])).toEqual({
    words: ' There is “day”, “hour”.',
    data: { similar: [], existing: ['day', 'hour'] },
  });
  expect(suggestionFor('minute', [])).toEqual({ words: '', data: { similar: [] } });
});

test('whatever names the words have, the data has, in the same order', () => {
  const name = fc.stringMatching(/^[a-d]{1,6}$/);
  fc.assert(
    fc.property(name, fc.uniqueArray(name, { maxLength: 25 }), (asked, names) => {
      const { words, data } = suggestionFor(asked, names);
      const named = [...words.matchAll(/“(.*?)”/g)].map(([, one]) => one);
      expect([...data.similar, ...(data.existing ?? [])]).toEqual(named);
    }),
  );
});
