import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reader } from '../../../src/data/duckdb/reader.ts';
import { columnSql, Query, quoted, whereSql } from '../../../src/data/duckdb/sql.ts';
import type { DatasetRecord, FilterOperator } from '../../../src/data/types.ts';

/** Anything but U+0000, which no name of a column has. */
const text = fc.string({ unit: 'binary', maxLength: 30 }).map((one) => one.replaceAll('\0', ''));
const operators: FilterOperator[] = ['EQ', 'NE', 'LT', 'LTE', 'GT', 'GTE', 'IN'];

const record = (column: string, path: string): DatasetRecord => ({
  files: [{ path, sizeBytes: 1, modifiedMs: 0, rowCount: 3 }],
  columns: [{ name: column, type: 'VARCHAR' }],
  rowCount: 3,
  label: null,
  groupBy: null,
  partitionBy: column,
  digest: '',
});

function sqlOf(column: string, path: string, value: string, op: FilterOperator) {
  const query = new Query();
  const where = [{ column, op, value: op === 'IN' ? [value] : value }];
  const sql = whereSql(query, record(column, path), { partitions: [value, value], where, invalid: 'FAIL', only: [1] });
  return query.statement(sql);
}

test('values and paths are no part of the SQL: it is the same for all of them', () => {
  fc.assert(
    fc.property(text, text, fc.constantFrom(...operators), (value, path, op) => {
      const { text: sql, values } = sqlOf('a', path, value, op);
      expect(sql).toBe(sqlOf('a', 'harmless.parquet', 'harmless', op).text);
      expect(JSON.stringify(values, (_, one) => (typeof one === 'bigint' ? String(one) : one))).toContain(
        JSON.stringify(value),
      );
    }),
  );
});

test('a name is a part of the SQL only as an identifier, and whole', async () => {
  using reader = await Reader.open([]);
  await fc.assert(
    fc.asyncProperty(
      text.filter((name) => name.isWellFormed() && name !== ''),
      async (name) => {
        const described = new Query().statement(`DESCRIBE SELECT 42 AS ${quoted(name)}, 1 AS "other"`);
        const [column] = await reader.records(described);
        expect(column?.column_name).toBe(name);
      },
    ),
  );
});

test('a name that the dataset does not have never becomes SQL', () => {
  fc.assert(
    fc.property(
      text.filter((name) => name !== 'a'),
      (name) => {
        expect(() => columnSql(record('a', 'x'), name)).toThrow('was not checked');
      },
    ),
  );
});
