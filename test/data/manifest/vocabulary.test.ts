import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepVocabulary, vocabularyFile } from '../../../src/data/manifest/vocabulary.ts';

test('models that are registered at once may have the same vocabulary', async () => {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const kept = await Promise.all(Array.from({ length: 20 }, () => keepVocabulary(home, 'cities', 'Oslo\nRome\n')));
  const [{ digest }] = kept as [(typeof kept)[0]];
  expect(kept).toEqual(kept.map(() => ({ digest, entryCount: 2 })));
  const file = join(home, vocabularyFile(digest));
  expect(await readdir(dirname(file))).toHaveLength(1);
});
