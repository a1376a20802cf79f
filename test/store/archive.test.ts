import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { exportTo, importFrom } from '../../src/store/archive.ts';
import { deleteModel, insertModel } from '../../src/store/models.ts';
import { models } from '../../src/store/schema.ts';
import { freshDatabase } from '../support/database.ts';
import { newModel } from '../support/rows.ts';

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
  await writeFile(rows, '{"glassgraph":"archive","format":1}\n');
  await refused(importFrom(folder, database), /has format 1, and this version reads 2/);
  await refused(exportTo(folder, database), /is not empty/);
  await rm(folder, { recursive: true });
});

test('an archive that was cut off or changed is refused, and leaves nothing', async () => {
  await using database = await freshDatabase();
  const { db, home } = database;
  const file = 'models/ctr/graph.onnx';
  await mkdir(join(home, dirname(file)), { recursive: true });
  await writeFile(join(home, file), 'a graph');
  const { id } = await insertModel(db, newModel('ctr', '1', { artifact: { executor: 'ONNXRUNTIME', files: [file] } }));
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-archive-'));
  await exportTo(folder, database);
  await deleteModel(db, id);
  await rm(join(home, 'models'), { recursive: true });

  const rows = join(folder, 'rows.jsonl');
  const whole = await readFile(rows, 'utf8');
  const refused = async (attempt: Promise<unknown>, message: RegExp): Promise<void> => {
    await expect(attempt).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) });
    expect(await db.select().from(models)).toEqual([]);
    expect(existsSync(join(home, file))).toBe(false);
  };
  for (const changed of [whole.slice(0, -2), whole.replace(/\n.*\n$/, '\n'), whole.replace('"ctr"', '"cvr"')]) {
    await writeFile(rows, changed);
    await refused(importFrom(folder, database), /rows.jsonl was cut off or changed/);
  }
  await writeFile(rows, whole);
  const archived = join(folder, 'files', file);
  await writeFile(archived, 'a gra');
  await refused(importFrom(folder, database), /its file “models\/ctr\/graph.onnx” was cut off or changed/);
  await rm(archived);
  await refused(importFrom(folder, database), /its file “models\/ctr\/graph.onnx” is missing/);

  // What another import was at when it was killed is in nobody's way.
  await mkdir(join(home, dirname(file)), { recursive: true });
  await writeFile(join(home, file), 'a g');
  await writeFile(archived, 'a graph');
  await importFrom(folder, database);
  expect(await readFile(join(home, file), 'utf8')).toBe('a graph');
  await rm(folder, { recursive: true });
});
