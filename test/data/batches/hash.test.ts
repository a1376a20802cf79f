import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasher } from '../../../src/data/batches/hash.ts';

const { texts, buckets } = JSON.parse(
  readFileSync(new URL('../../fixtures/hash/expected.json', import.meta.url), 'utf8'),
) as { texts: string[]; buckets: Record<string, number[]> };

test.each(Object.entries(buckets))(
  'texts fall into the buckets of TensorFlow, of which there are %s',
  (count, expected) => {
    const bucketOf = hasher({ function: 'farmhash64', buckets: Number(count) });
    expect(texts.map(bucketOf)).toEqual(expected);
    expect(texts.map(bucketOf)).toEqual(expected);
  },
);
