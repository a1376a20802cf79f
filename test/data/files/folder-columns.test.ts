import { expect, test } from 'vitest';
import { folderValues } from '../../../src/data/files/folder-columns.ts';

const column = (name: string, type: string, ...values: (string | null)[]) =>
  values.map((value) => [{ name, type, value }]);

test.each<[paths: string[], says: unknown]>([
  [['day=2024-01-31/a.parquet', 'day=2024-02-29/a.parquet'], column('day', 'DATE', '2024-01-31', '2024-02-29')],
  [['day=2024-01-31/a.parquet', 'day=2024-02-30/a.parquet'], column('day', 'VARCHAR', '2024-01-31', '2024-02-30')],
  [['month=01/a.parquet', 'month=-7/a.parquet'], column('month', 'BIGINT', '01', '-7')],
  [['n=1/a.parquet', 'n=__HIVE_DEFAULT_PARTITION__/a.parquet'], column('n', 'BIGINT', '1', null)],
  [['n=__HIVE_DEFAULT_PARTITION__/a.parquet'], column('n', 'VARCHAR', null)],
  [['at=2024-01-31 12%3A00%3A00/a.parquet'], column('at', 'TIMESTAMP', '2024-01-31 12:00:00')],
  [["x=' OR 1=1 --/a.parquet"], column('x', 'VARCHAR', "' OR 1=1 --")],
  [['x=%00/a.parquet'], column('x', 'VARCHAR', '%00')],
  [['x=100%/a.parquet'], column('x', 'VARCHAR', '100%')],
  [
    ['=1/a.parquet', 'x=/b=1.parquet'],
    [[], []],
  ],
  [['y=2024/m=1/a.parquet'], [[...column('y', 'BIGINT', '2024'), ...column('m', 'BIGINT', '1')].flat()]],
  [['y=2024/a.parquet', 'a.parquet'], undefined],
  [['a=1/b=1/c.parquet', 'b=1/a=1/c.parquet'], undefined],
])('%j', (paths, says) => {
  expect(folderValues(paths)).toEqual(says);
});
