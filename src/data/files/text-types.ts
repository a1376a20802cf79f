import type { Reader } from '../duckdb/reader.ts';
import { Query, quoted } from '../duckdb/sql.ts';

/** A type that a column of texts may have, when each of its texts is one of the type's. */
interface Candidate {
  readonly type: string;
  /** SQL: whether a text, free of space at its ends, is one. */
  readonly holds: (text: string) => string;
}

const matching = (pattern: string) => (text: string) => `regexp_full_match(${text}, '(?i)${pattern}')`;
const castable = (type: string) => (text: string) => `TRY_CAST(${text} AS ${type}) IS NOT NULL`;
const both =
  (...tests: Candidate['holds'][]): Candidate['holds'] =>
  (text) =>
    tests.map((test) => test(text)).join(' AND ');

/** 007 is a text: as a number it would lose what makes it an id. */
const integer = '[+-]?(0|[1-9]\\d*)';
const number = '([+-]?((0|[1-9]\\d*)(\\.\\d*)?|\\.\\d+)(e[+-]?\\d+)?|nan|[+-]?inf(inity)?)';
const date = '\\d{4}-\\d{2}-\\d{2}';
const moment = `${date}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?`;
const zone = '(Z|[+-]\\d{2}(:?\\d{2})?)';
const listOf = (element: string): string => {
  const one = `\\s*(${element}|null)\\s*`;
  return `\\[(${one}(,${one})*|\\s*)\\]`;
};

/** The first that holds of all texts of a column is its type; VARCHAR where none does. */
const candidates: readonly Candidate[] = [
  { type: 'BIGINT', holds: both(matching(integer), castable('BIGINT')) },
  { type: 'UBIGINT', holds: both(matching(integer), castable('UBIGINT')) },
  { type: 'DECIMAL(38,0)', holds: both(matching(integer), castable('DECIMAL(38,0)')) },
  { type: 'DOUBLE', holds: both(matching(number), castable('DOUBLE')) },
  { type: 'BOOLEAN', holds: matching('true|false') },
  { type: 'DATE', holds: both(matching(date), castable('DATE')) },
  { type: 'TIMESTAMP', holds: both(matching(`${date}|${moment}`), castable('TIMESTAMP')) },
  { type: 'TIMESTAMP WITH TIME ZONE', holds: both(matching(`${moment}${zone}`), castable('TIMESTAMPTZ')) },
  { type: 'BIGINT[]', holds: both(matching(listOf(integer)), castable('BIGINT[]')) },
  { type: 'DOUBLE[]', holds: both(matching(listOf(number)), castable('DOUBLE[]')) },
  { type: 'VARCHAR[]', holds: both((text) => `${text} LIKE '[%]'`, castable('VARCHAR[]')) },
];

/** Columns of one statement: thousands at once would be parsed for longer than they are read. */
const columnsAtOnce = 100;
/** Rows that rule out most types before all rows are looked at. */
const firstRows = 2048;

/**
 * What columns of texts hold, told from every text of them, null aside: a type of DuckDB for each column, in their order. A
 * column of nulls is taken for whole numbers, which can be bound as anything. `path`: a Parquet file.
 */
export async function textTypes(reader: Reader, path: string, columns: readonly string[]): Promise<string[]> {
  const types: string[] = [];
  for (let at = 0; at < columns.length; at += columnsAtOnce) {
    const some = columns.slice(at, at + columnsAtOnce);
    const atFirst = await settled(
      reader,
      path,
      some.map((column) => ({ column, at: 0 })),
      ` LIMIT ${firstRows}`,
    );
    types.push(
      ...(await settled(reader, path, atFirst, '')).map(({ at: found }) => candidates[found]?.type ?? 'VARCHAR'),
    );
  }
  return types;
}

interface Guess {
  readonly column: string;
  /** Position in `candidates`; their number when none holds. */
  readonly at: number;
}

/** Moves each guess on to the first candidate, from where it stands, that holds of all rows. */
async function settled(reader: Reader, path: string, guesses: readonly Guess[], limit: string): Promise<Guess[]> {
  const query = new Query();
  const tests = guesses.map(({ column, at }, place) => {
    const holds = candidates[at]?.holds(`trim(${quoted(column)})`) ?? 'true';
    return `coalesce(bool_and(${holds}) FILTER (${quoted(column)} IS NOT NULL), true) AS holds${place}`;
  });
  const rows = `(SELECT * FROM read_parquet(${query.bind(path)})${limit})`;
  const [found = {}] = await reader.records(query.statement(`SELECT ${tests.join(', ')} FROM ${rows}`));
  const next = guesses.map(({ column, at }, place) => ({ column, at: found[`holds${place}`] === true ? at : at + 1 }));
  if (next.every(({ at }, place) => at === guesses[place]?.at)) return next;
  return settled(reader, path, next, limit);
}
