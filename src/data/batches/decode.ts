import type { DuckDBVector } from '@duckdb/node-api';
import type { Tensor } from '../../compute/tensor.ts';
import { classOf, elementType } from '../columns/type.ts';
import { elementsOf, entriesOf, isNull, nullBitsOf, numbersOf } from '../duckdb/cells.ts';
import { textSql } from '../duckdb/sql.ts';
import { type CategoricalFeature, type NumericFeature, type SequenceFeature, widthOf } from '../manifest/manifest.ts';
import type { BoundFeature, BoundInput } from './bind.ts';
import { hasher } from './hash.ts';
import type { Texts } from './string-table.ts';
import { transformation } from './transform.ts';

/** How a feature comes out of its column: the SQL that fetches it, and the numbers that the model takes. */
export interface Decoder {
  /** Elements of a row. */
  readonly width: number;
  /** Of the quoted column: a DOUBLE or a text, or a list of them. */
  sql(column: string): string;
  /** Of a sequence: the lengths of the rows decoded last. */
  readonly lengths?: Float64Array;
  /** Of a bag, instead of numbers: the ids of the rows decoded last. */
  readonly lists?: (readonly number[])[];
  /** Writes `rowCount` times `width` numbers; what cannot be taken is refused and left as it is. */
  decode(vector: DuckDBVector, rowCount: number, into: Float64Array, refuse: Refuse): void;
}

/** `row` of the chunk; `why` completes “… is”; whether the feature’s `missing` would take the value’s place, if it had one. */
export type Refuse = (row: number, value: unknown, why: string, couldBeMissing?: boolean) => void;

/** For chunks of at most `chunkRows` rows of an input. `texts`: what an input of texts is filled with the places of. */
export function decoderOf(
  bound: BoundFeature,
  { dtype, isText: takesTexts }: Pick<BoundInput, 'dtype' | 'isText'>,
  chunkRows: number,
  texts: () => Texts,
): Decoder {
  const { feature, columnType, readsTexts: isText } = bound;
  const width = widthOf(feature);
  switch (feature.kind) {
    case 'NUMERIC':
      return { width, sql: toNumber, decode: numberDecoder(feature, dtype) };
    case 'EMBEDDING':
      return { width, sql: toNumbers, decode: embeddingDecoder(width, dtype) };
    case 'CATEGORICAL':
      return {
        width,
        sql: isText ? (column) => textSql(column, columnType) : toNumber,
        decode: takesTexts ? textDecoder(feature, texts) : idDecoder(idReader(bound, feature, dtype)),
      };
    case 'SEQUENCE': {
      const sql = isText ? (column: string) => textsSql(column, columnType) : toNumbers;
      const reader = idReader(bound, feature, dtype);
      if (bound.bag === undefined)
        return { width, sql, ...sequenceDecoder(feature, reader, new Float64Array(chunkRows)) };
      return { width: 0, sql, ...bagDecoder(reader) };
    }
  }
}

const toNumber = (column: string): string => `CAST(${column} AS DOUBLE)`;
const toNumbers = (column: string): string => `CAST(${column} AS DOUBLE[])`;
function textsSql(column: string, type: string): string {
  const element = elementType(type);
  return classOf(element) === 'TEXT' ? column : `list_transform(${column}, lambda x: ${textSql('x', element)})`;
}

/** Whether an element type holds a number without changing what it means. */
function holds(dtype: Tensor['dtype']): (value: number) => boolean {
  switch (dtype) {
    case 'float32':
      return (value) => Number.isFinite(Math.fround(value));
    case 'float64':
      return Number.isFinite;
    case 'int32':
      return (value) => (value | 0) === value;
    case 'int64':
      return Number.isSafeInteger;
    case 'bool':
      return (value) => value === 0 || value === 1;
  }
}

const refuseNull = (refuse: Refuse, row: number): void =>
  refuse(row, null, 'null, and the feature has no “missing” to take its place', true);

/** What an input of a type takes for a raw number of a feature; where it takes none, why: a text that completes “… is”. */
export function numberTaker(
  { transform = [] }: NumericFeature,
  dtype: Tensor['dtype'],
): (raw: number) => number | string {
  const fits = holds(dtype);
  const apply = transformation(transform);
  return (raw) => {
    if (!Number.isFinite(raw)) return 'not a finite number';
    const value = apply(raw);
    if (fits(value)) return value;
    return Number.isFinite(value) ? `out of the range of its input (${dtype})` : `${value} once it is transformed`;
  };
}

function numberDecoder(feature: NumericFeature, dtype: Tensor['dtype']): Decoder['decode'] {
  const { missing } = feature;
  const take = numberTaker(feature, dtype);
  const standIn = missing === undefined ? undefined : take(missing);
  return (vector, rowCount, into, refuse) => {
    const numbers = numbersOf(vector);
    const nulls = nullBitsOf(vector);
    for (let row = 0; row < rowCount; row++) {
      if (isNull(nulls, row)) {
        if (standIn === undefined) refuseNull(refuse, row);
        else if (typeof standIn === 'number') into[row] = standIn;
        // What the manifest says is held to what rows are: the model would be given NaN without a word.
        else refuse(row, null, `null, and the “missing” that takes its place, ${missing}, is ${standIn}`);
        continue;
      }
      const raw = numbers[row] as number;
      const taken = take(raw);
      if (typeof taken === 'number') into[row] = taken;
      else refuse(row, raw, taken);
    }
  };
}

function embeddingDecoder(width: number, dtype: Tensor['dtype']): Decoder['decode'] {
  const fits = holds(dtype);
  return (vector, rowCount, into, refuse) => {
    const nulls = nullBitsOf(vector);
    const entries = entriesOf(vector);
    const elements = elementsOf(vector);
    const numbers = numbersOf(elements);
    const elementNulls = nullBitsOf(elements);
    for (let row = 0; row < rowCount; row++) {
      if (isNull(nulls, row)) {
        refuse(row, null, 'null, and an embedding has nothing to take its place');
        continue;
      }
      const start = entries[4 * row] as number;
      const length = entries[4 * row + 2] as number;
      if (length !== width) refuse(row, `A list of ${length}`, `not of the feature's length, ${width}`);
      for (let at = 0; at < Math.min(length, width); at++) {
        const value = numbers[start + at] as number;
        if (!isNull(elementNulls, start + at) && fits(value)) into[row * width + at] = value;
        else refuse(row, isNull(elementNulls, start + at) ? null : value, 'not a finite number');
      }
    }
  };
}

function textDecoder({ missing }: CategoricalFeature, texts: () => Texts): Decoder['decode'] {
  return (vector, rowCount, into, refuse) => {
    const own = texts();
    for (let row = 0; row < rowCount; row++) {
      const text = (vector.getItem(row) as string | null) ?? missing;
      if (text === undefined) refuseNull(refuse, row);
      else into[row] = own.placeOf(String(text));
    }
  };
}

/** Below these, every whole number has a place of its own in the element type. */
const idLimits: Record<Tensor['dtype'], number> = {
  float32: 2 ** 24,
  float64: 2 ** 53,
  int32: 2 ** 31,
  int64: 2 ** 53,
  bool: 2,
};

/** The id at a place of a vector of numbers or texts; undefined after it has been refused. */
type IdReader = (vector: DuckDBVector) => (at: number, row: number, refuse: Refuse) => number | undefined;

function idReader(
  bound: BoundFeature,
  feature: CategoricalFeature | SequenceFeature,
  dtype: Tensor['dtype'],
): IdReader {
  const { cardinality = Number.POSITIVE_INFINITY } = bound;
  const { offset = 0 } = feature;
  const missing = typeof feature.missing === 'string' ? undefined : feature.missing;
  const ofNull = missing ?? 0;
  const limit = Math.min(cardinality, idLimits[dtype]);
  const placeOf = placesOfTexts(bound, feature);
  if (placeOf !== undefined) {
    return (vector) => (at) => {
      const text = vector.getItem(at) as string | null;
      const place = text === null ? undefined : placeOf(text);
      return place === undefined ? ofNull : place + offset;
    };
  }
  return (vector) => {
    const numbers = numbersOf(vector);
    const nulls = nullBitsOf(vector);
    return (at, row, refuse) => {
      if (isNull(nulls, at)) return ofNull;
      const id = numbers[at] as number;
      if (id >= 0 && id < limit && Math.floor(id) === id) return id;
      if (missing !== undefined && Number.isInteger(id)) return missing;
      refuse(row, id, whyNoId(id, cardinality, dtype), Number.isInteger(id));
      return undefined;
    };
  };
}

/** The line of a text in the vocabulary, or its bucket. */
function placesOfTexts(
  { vocabulary }: BoundFeature,
  { hash }: CategoricalFeature | SequenceFeature,
): ((text: string) => number | undefined) | undefined {
  if (hash !== undefined) return hasher(hash);
  return vocabulary && ((text) => vocabulary.get(text));
}

function whyNoId(id: number, cardinality: number, dtype: Tensor['dtype']): string {
  if (!Number.isInteger(id)) return 'not a whole number, as an id must be';
  if (id < 0) return 'negative, and ids begin at 0';
  if (id >= cardinality) return `beyond the feature's table, which has ${cardinality} entries`;
  return `too large for its input (${dtype})`;
}

function idDecoder(reader: IdReader): Decoder['decode'] {
  return (vector, rowCount, into, refuse) => {
    const idAt = reader(vector);
    for (let row = 0; row < rowCount; row++) {
      const id = idAt(row, row, refuse);
      if (id !== undefined) into[row] = id;
    }
  };
}

function sequenceDecoder(
  { length: width, padding }: SequenceFeature,
  reader: IdReader,
  lengths: Float64Array,
): Pick<Decoder, 'decode' | 'lengths'> {
  return {
    lengths,
    decode(vector, rowCount, into, refuse) {
      const listAt = lists(vector);
      const idAt = reader(elementsOf(vector));
      into.fill(padding, 0, rowCount * width);
      for (let row = 0; row < rowCount; row++) {
        const { start, length } = listAt(row);
        lengths[row] = length;
        if (length > width) {
          refuse(row, `A list of ${length}`, `longer than the feature, which takes ${width}`);
          continue;
        }
        for (let at = 0; at < length; at++) {
          const id = idAt(start + at, row, refuse);
          if (id !== undefined) into[row * width + at] = id;
        }
      }
    },
  };
}

function bagDecoder(reader: IdReader): Pick<Decoder, 'decode' | 'lists'> {
  const found: (readonly number[])[] = [];
  return {
    lists: found,
    decode(vector, rowCount, _into, refuse) {
      const listAt = lists(vector);
      const idAt = reader(elementsOf(vector));
      for (let row = 0; row < rowCount; row++) {
        const { start, length } = listAt(row);
        found[row] = Array.from({ length }, (_, at) => idAt(start + at, row, refuse) ?? 0);
      }
    },
  };
}

/** A null list is an empty one. */
function lists(vector: DuckDBVector): (row: number) => { start: number; length: number } {
  const nulls = nullBitsOf(vector);
  const entries = entriesOf(vector);
  return (row) =>
    isNull(nulls, row) ? noList : { start: entries[4 * row] as number, length: entries[4 * row + 2] as number };
}

const noList = { start: 0, length: 0 };
