import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportTo, importFrom } from '../../src/store/archive.ts';
import { freshDatabase } from '../support/database.ts';

test('what is no archive of this version is refused, and nothing is written over', async () => {
  await using database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-archive-'));
  const refused = async (attempt: Promise<unknown>, message: RegExp): Promise<void> => {
    const expected = {
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message),
      details: { argument: 'folder' },
    };
    await expect(attempt).rejects.toMatchObject(expected);
  };
  await refused(importFrom(folder, database), /no archive.*there is no rows.jsonl in it/);
  const rows = join(folder, 'rows.jsonl');
  await writeFile(rows, '');
  await refused(importFrom(folder, database), /does not begin as one/);
  await writeFile(rows, '{"a":1}\n');
  await refused(importFrom(folder, database), /does not begin as one/);
  await writeFile(rows, '{"glassgraph":"archive","format":2}\n');
  await refused(importFrom(folder, database), /has format 2, and this version reads 1/);
  await writeFile(rows, '{"glassgraph":"archive","format":1}\n["keys",{}]\n');
  await refused(importFrom(folder, database), /rows of “keys”, which this version does not know/);
  await writeFile(rows, '{"glassgraph":"archive","format":1}\n["models",{"na');
  await refused(importFrom(folder, database), /a line of it is no JSON/);
  await writeFile(rows, '{"glassgraph":"archive","format":1}\n');
  await refused(importFrom(folder, database), /its end is missing/);
  await refused(exportTo(folder, database), /is not empty/);
  await rm(folder, { recursive: true });
});
