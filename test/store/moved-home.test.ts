import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRows } from '../../src/data/page.ts';
import { registerDataset } from '../../src/registry/register-dataset.ts';
import { getDataset } from '../../src/store/datasets.ts';
import { Leftovers } from '../../src/store/leftovers.ts';
import { followHome } from '../../src/store/moved-home.ts';
import { temporaryFolder } from '../data/parquet.ts';
import { freshDatabase } from '../support/database.ts';

test('copies of rows are found where the home has moved to, or was copied to', async () => {
  await using database = await freshDatabase();
  const folder = await temporaryFolder();
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  await mkdir(before);
  await writeFile(join(folder, 'rows.csv'), 'a\n1\n2\n');
  const environment = { home: before, threads: 1 };
  const source = { uri: 'rows.csv' };
  await registerDataset({ database, sources: [folder], environment }, { name: 'copied', version: '1', source });
  await rename(before, after);
  await followHome(database.db, after);
  await new Leftovers(database.db, after).removeAll();
  const dataset = await getDataset(database.db, { name: 'copied' });
  expect(dataset && (await readRows(dataset, { count: 2 })).map(({ values }) => values)).toEqual([{ a: 1 }, { a: 2 }]);
  await cp(after, before, { recursive: true });
  await followHome(database.db, before);
  expect((await getDataset(database.db, { name: 'copied' }))?.files[0]?.path).toMatch(/before/);
});
