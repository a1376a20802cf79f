import type { DuckDBDataChunk } from '@duckdb/node-api';
import { bindingMismatch } from '../../errors.ts';
import { labelSql, rowColumnSql } from '../columns/label.ts';
import { isNull, nullBitsOf, numbersOf } from '../duckdb/cells.ts';
import { columnSql, fromFiles, type Query, rowIndexSql, whereSql } from '../duckdb/sql.ts';
import type { Drawn } from '../sample.ts';
import type { DatasetRecord, RowColumn, RowSelection } from '../types.ts';
import type { BoundFeature, BoundInput, BoundInputs } from './bind.ts';
import { type Decoder, decoderOf } from './decode.ts';
import { Texts } from './string-table.ts';
import type { Values } from './tensor-fill.ts';

/** Rows per chunk of DuckDB (its STANDARD_VECTOR_SIZE). */
const chunkRows = 2048;

/** The columns that a chunk must have, in this order: row index, label, features, other columns. */
export function chunkSql(query: Query, dataset: DatasetRecord, selection: RowSelection, chunk: Chunk): string {
  const label = labelSql(query, dataset);
  const features = chunk.features.map(({ bound, decoder }) => decoder.sql(columnSql(dataset, bound.feature.column)));
  const others = chunk.columns.map(({ about }) => rowColumnSql(query, dataset, about));
  const columns = [rowIndexSql(query, dataset.files), label, ...features, ...others].join(', ');
  return `SELECT ${columns} FROM ${fromFiles(query, dataset.files)}${whereSql(query, dataset, selection)}`;
}

interface ChunkFeature {
  readonly bound: BoundFeature;
  readonly decoder: Decoder;
  /** What the decoder writes into. */
  readonly values: Values;
  /** What goes into slots of inputs: its values, and its lengths where the model takes them. */
  readonly filled: readonly Filled[];
}

interface Filled {
  /** Position in `BoundInputs.inputs`. */
  readonly input: number;
  readonly index: number;
  readonly values: Values;
}

interface Refusal {
  readonly row: number;
  readonly feature: BoundFeature['feature'];
  readonly value: unknown;
  readonly why: string;
  readonly couldBeMissing: boolean;
}

/** Rows of one DuckDB chunk as numbers; the next chunk takes the place of the last. */
export class Chunk {
  readonly features: readonly ChunkFeature[];
  readonly columns: readonly { readonly about: RowColumn; readonly values: Float64Array }[];
  readonly index = new Float64Array(chunkRows);
  readonly label = new Float64Array(chunkRows);
  readonly labelled = new Float64Array(chunkRows);
  rowCount = 0;
  skippedRowCount = 0;
  /** What the values of text inputs are the places of. */
  texts = new Texts();

  readonly #invalid: RowSelection['invalid'] | 'TELL';
  readonly #drawn: Drawn | undefined;
  /** 1 where a row is none of those that are wanted. */
  readonly #passed = new Uint8Array(chunkRows);
  readonly #refused = new Uint8Array(chunkRows);
  #first: Refusal | undefined;

  /** `invalid`: TELL of rows that cannot be skipped, being written by hand. `drawn`: of a sample, the rows that are in it. */
  constructor(
    { inputs, features }: BoundInputs,
    invalid: RowSelection['invalid'] | 'TELL',
    { drawn, columns = [] }: { drawn?: Drawn | undefined; columns?: readonly RowColumn[] } = {},
  ) {
    this.#invalid = invalid;
    this.#drawn = drawn;
    this.columns = columns.map((about) => ({ about, values: new Float64Array(chunkRows) }));
    this.features = features.map((bound) => {
      const decoder = decoderOf(bound, inputs[bound.input] as BoundInput, chunkRows, () => this.texts);
      const { width } = decoder;
      const values = { width, numbers: new Float64Array(chunkRows * width) };
      return { bound, decoder, values, filled: filledBy(bound, decoder, values) };
    });
  }

  /** Throws BINDING_MISMATCH for the first row that the model cannot take, unless such rows are to be skipped. */
  load(chunk: DuckDBDataChunk): void {
    this.texts = new Texts();
    this.#loadRowValues(chunk);
    const drawnCount = this.#draw(chunk.rowCount);
    this.rowCount = drawnCount === 0 ? 0 : chunk.rowCount;
    this.skippedRowCount = 0;
    if (drawnCount === 0) return;
    const refusedCount = this.#decode(chunk);
    if (refusedCount > 0 && this.#invalid !== 'SKIP') throw this.#failure(this.#first as Refusal);
    if (refusedCount > 0 || drawnCount < chunk.rowCount) this.#leaveOut();
    this.skippedRowCount = refusedCount;
  }

  /** How many rows are of the sample. */
  #draw(rowCount: number): number {
    if (this.#drawn === undefined) return rowCount;
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      const isDrawn = this.#drawn(this.index[row] as number);
      this.#passed[row] = isDrawn ? 0 : 1;
      if (isDrawn) count++;
    }
    return count;
  }

  /** How many rows of the sample the model cannot take. */
  #decode(chunk: DuckDBDataChunk): number {
    let count = 0;
    this.#first = undefined;
    for (const [at, { bound, decoder, values }] of this.features.entries()) {
      decoder.decode(
        chunk.getColumnVector(at + 2),
        chunk.rowCount,
        values.numbers,
        (row, value, why, couldBeMissing = false) => {
          if (this.#passed[row] === 1) return;
          if (this.#refused[row] === 0) count++;
          this.#refused[row] = 1;
          if (row < (this.#first?.row ?? chunk.rowCount))
            this.#first = { row, feature: bound.feature, value, why, couldBeMissing };
        },
      );
    }
    return count;
  }

  #loadRowValues(chunk: DuckDBDataChunk): void {
    const { rowCount } = chunk;
    const index = numbersOf(chunk.getColumnVector(0));
    const labels = chunk.getColumnVector(1);
    const label = numbersOf(labels);
    const nulls = nullBitsOf(labels);
    for (let row = 0; row < rowCount; row++) {
      this.index[row] = index[row] as number;
      const hasLabel = !isNull(nulls, row);
      this.label[row] = hasLabel ? (label[row] as number) : 0;
      this.labelled[row] = hasLabel ? 1 : 0;
    }
    for (const [at, { values }] of this.columns.entries()) {
      const vector = chunk.getColumnVector(2 + this.features.length + at);
      const numbers = numbersOf(vector);
      const nullBits = nullBitsOf(vector);
      for (let row = 0; row < rowCount; row++)
        values[row] = isNull(nullBits, row) ? Number.NaN : (numbers[row] as number);
    }
  }

  #failure({ row, feature: { name, column }, value, why, couldBeMissing }: Refusal) {
    const index = this.index[row] as number;
    const shown = value === null ? 'The value' : typeof value === 'string' ? value : `The value ${value}`;
    const remedies = [
      'Mend the row',
      ...(couldBeMissing ? ['say “missing” in the manifest'] : []),
      ...(this.#invalid === 'FAIL' ? ['ask with invalid: SKIP to leave such rows out'] : []),
    ];
    const remedy = [remedies.slice(0, -1).join(', '), remedies.at(-1)].filter((part) => part !== '').join(', or ');
    const where = this.#invalid === 'FAIL' ? ` (column “${column}”)` : '';
    return bindingMismatch(`${shown} of the feature “${name}”${where} in row ${index} is ${why}. ${remedy}.`, {
      feature: name,
      column,
      row: index,
      value: typeof value === 'number' ? String(value) : value,
    });
  }

  #leaveOut(): void {
    let kept = 0;
    for (let row = 0; row < this.rowCount; row++) {
      if (this.#refused[row] === 1 || this.#passed[row] === 1) continue;
      if (kept !== row) this.#move(row, kept);
      kept++;
    }
    this.#refused.fill(0);
    this.rowCount = kept;
  }

  #move(from: number, to: number): void {
    const columns = this.columns.map(({ values }) => values);
    for (const values of [this.index, this.label, this.labelled, ...columns]) values[to] = values[from] as number;
    for (const { decoder, filled } of this.features) {
      for (const { values } of filled)
        values.numbers.copyWithin(to * values.width, from * values.width, (from + 1) * values.width);
      if (decoder.lists !== undefined) decoder.lists[to] = decoder.lists[from] as readonly number[];
    }
  }
}

function filledBy({ feature, input, lengthInput, bag }: BoundFeature, { lengths }: Decoder, values: Values): Filled[] {
  if (bag !== undefined) return [];
  const own = { input, index: feature.index, values };
  if (lengthInput === undefined || lengths === undefined || feature.kind !== 'SEQUENCE') return [own];
  return [own, { input: lengthInput, index: feature.lengthIndex ?? 0, values: { width: 1, numbers: lengths } }];
}
