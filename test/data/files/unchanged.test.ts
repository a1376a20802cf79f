import { copyFile, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { assertUnchanged } from '../../../src/data/files/unchanged.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

async function registered() {
  const path = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), 'SELECT 1 AS a');
  const setTimeBack = (of = path) => utimes(of, 1_700_000_000, 1_700_000_000);
  await setTimeBack();
  const { files } = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  return { path, files, setTimeBack };
}

describe('a file is noticed that was changed after it was registered', () => {
  test('by its size or time', async () => {
    const { path, files } = await registered();
    await expect(assertUnchanged(files)).resolves.toBeUndefined();
    await writeFile(path, 'other');
    await expect(assertUnchanged(files)).rejects.toThrow('rows.parquet was changed after it was registered');
  });

  test('by its bytes, where size and time are the same again', async () => {
    const { path, files, setTimeBack } = await registered();
    const bytes = await readFile(path);
    bytes[10] = (bytes[10] as number) ^ 1;
    await writeFile(path, bytes);
    await setTimeBack();
    await expect(assertUnchanged(files)).rejects.toMatchObject({ code: 'DATASET_REJECTED' });
  });

  test('but not when it was only copied or touched, and its time set back', async () => {
    const { path, files, setTimeBack } = await registered();
    await copyFile(path, `${path}.copy`);
    await setTimeBack(`${path}.copy`);
    await rename(`${path}.copy`, path);
    await expect(assertUnchanged(files)).resolves.toBeUndefined();
  });
});
