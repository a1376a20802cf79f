import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { namingFirstText } from '../../../src/data/columns/non-numeric-error.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { bindingMismatch } from '../../../src/errors.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

describe('a column of texts where numbers are wanted', () => {
  test.each<[what: string, values: string, row: number, advice: RegExp]>([
    ['of numbers and one word', "('1'), ('2.5'), ('n/a'), (NULL), ('3')", 2, /“n\/a”\. Leave such values empty/],
    ['of words', "(NULL), ('married'), ('single'), ('1')", 1, /“married”\. A column of words.* “vocabulary”.* “hash”/],
  ])('%s is told with its first text and what to do of it', async (_, values, row, advice) => {
    const path = await writeParquet(
      join(await temporaryFolder(), 'rows.parquet'),
      `SELECT * FROM (VALUES ${values}) t(x)`,
    );
    const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
    const error = bindingMismatch('The column “x” is VARCHAR.', { column: 'x', type: 'VARCHAR' });
    expect(await namingFirstText(error, dataset)).toMatchObject({
      message: expect.stringMatching(advice),
      details: { row, column: 'x' },
    });
  });

  test('that has none but numbers is told as it was', async () => {
    const path = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), "SELECT '1' AS x");
    const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
    const error = bindingMismatch('The column “x” is VARCHAR.', { column: 'x', type: 'VARCHAR' });
    expect(await namingFirstText(error, dataset)).toBe(error);
  });
});
