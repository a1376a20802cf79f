import type { Tensor } from '../../compute/tensor.ts';
import { badUserInput, bindingMismatch } from '../../errors.ts';
import { Reader } from '../duckdb/reader.ts';
import { Query } from '../duckdb/sql.ts';
import { assertUnchanged } from '../files/unchanged.ts';
import { drawnBy } from '../sample.ts';
import { type Batch, type DatasetRecord, type RowColumn, type RowSelection, rowColumnName } from '../types.ts';
import { type Bag, bagTensors } from './bags.ts';
import type { BoundInput, BoundInputs } from './bind.ts';
import { Chunk, chunkSql } from './chunk.ts';
import { placesIn, Texts } from './string-table.ts';
import { blankTensor, fillRows } from './tensor-fill.ts';

export type { BoundInputs } from './bind.ts';

export interface ReadOptions {
  /** Rows of every batch but the last. */
  readonly batchRows: number;
  /** Of DuckDB; `dataLimits.readerThreads` when omitted. */
  readonly threads?: number;
  /** Numbers of the rows that no input of the model wants. */
  readonly columns?: readonly RowColumn[];
}

/**
 * The selected rows in the order of their indexes, each batch in memory of its own. `batchRows` cuts them, and changes nothing
 * else. The last batch may be empty, when only skipped rows were left.
 * Throws DATASET_REJECTED when a file was changed, before or meanwhile; BINDING_MISMATCH for a row that the model cannot take;
 * BAD_USER_INPUT when nothing is selected.
 */
export async function* readBatches(
  dataset: DatasetRecord,
  selection: RowSelection,
  bound: BoundInputs,
  { batchRows, threads, columns = [] }: ReadOptions,
): AsyncGenerator<Batch> {
  await assertUnchanged(dataset.files);
  const paths = dataset.files.map(({ path }) => path);
  const reader = await Reader.open(paths, threads);
  try {
    const { sample } = selection;
    const drawn = sample && (await drawnBy(dataset, selection, sample));
    const chunk = new Chunk(bound, selection.invalid, { drawn, columns });
    const query = new Query();
    const statement = query.statement(chunkSql(query, dataset, selection, chunk));
    const builder = new BatchBuilder(bound, batchRows, columns);
    try {
      for await (const data of reader.chunks(statement)) {
        chunk.load(data);
        yield* builder.add(chunk);
      }
    } catch (error) {
      await assertUnchanged(dataset.files);
      throw error;
    }
    await assertUnchanged(dataset.files);
    yield* builder.end();
  } finally {
    reader[Symbol.dispose]();
  }
}

/** A bag that rows are still added to. */
interface OpenBag extends Bag {
  /** Position among the features. */
  readonly feature: number;
  readonly ids: number[];
  readonly starts: number[];
}

/** Cuts chunks into batches. */
export class BatchBuilder {
  readonly #bound: BoundInputs;
  readonly #batchRows: number;
  readonly #columns: readonly RowColumn[];
  #batch: Batch;
  #bags: OpenBag[];
  #rowCount = 0;
  #skipped = 0;
  #keptTotal = 0;
  #skippedTotal = 0;
  #lastIndex = -1;

  constructor(bound: BoundInputs, batchRows: number, columns: readonly RowColumn[] = []) {
    this.#bound = bound;
    this.#columns = columns;
    this.#batchRows = batchRows;
    this.#batch = this.#blank();
    this.#bags = this.#emptyBags();
  }

  *add(chunk: Chunk): Generator<Batch> {
    this.#skipped += chunk.skippedRowCount;
    this.#skippedTotal += chunk.skippedRowCount;
    this.#keptTotal += chunk.rowCount;
    for (let from = 0; from < chunk.rowCount; ) {
      const count = Math.min(this.#batchRows - this.#rowCount, chunk.rowCount - from);
      this.#copy(chunk, from, count);
      from += count;
      if (this.#rowCount === this.#batchRows) yield this.#take();
    }
  }

  *end(): Generator<Batch> {
    if (this.#keptTotal + this.#skippedTotal === 0) {
      throw badUserInput('rows', 'No row satisfies rows: its partitions and filters together select nothing.');
    }
    if (this.#keptTotal === 0) {
      throw bindingMismatch(
        `The model can take none of the ${this.#skippedTotal} rows. Ask with invalid: FAIL to see what is wrong with the first.`,
        { skippedRowCount: this.#skippedTotal },
      );
    }
    if (this.#rowCount > 0 || this.#skipped > 0) yield this.#take();
  }

  #blank(): Batch {
    const rows = this.#batchRows;
    const textInputs = this.#bound.inputs.flatMap(({ name, isText }) => (isText ? [name] : []));
    const inputs = this.#plainInputs().map(({ name, dtype, rowDims }) => [
      name,
      blankTensor(dtype, [rows, ...rowDims]),
    ]);
    return {
      rowCount: rows,
      index: new Float64Array(rows),
      inputs: Object.fromEntries(inputs) as Record<string, Tensor>,
      ...(textInputs.length > 0 && { texts: new Texts(textInputs) }),
      label: new Float32Array(rows),
      labelled: new Float32Array(rows),
      columns: Object.fromEntries(this.#columns.map((column) => [rowColumnName(column), new Float64Array(rows)])),
      skippedRowCount: 0,
    };
  }

  #emptyBags(): OpenBag[] {
    return this.#bound.features.flatMap(({ bag }, feature) =>
      bag ? [{ bound: bag, feature, ids: [], starts: [0] }] : [],
    );
  }

  /** Those that have as many elements in every row. */
  #plainInputs(): BoundInput[] {
    const bagged = this.#bound.features.flatMap(({ bag }) => (bag ? [bag.ids.name, bag.offsets.name] : []));
    return this.#bound.inputs.filter(({ name }) => !bagged.includes(name));
  }

  #copy(chunk: Chunk, from: number, count: number): void {
    const to = this.#rowCount;
    const { index, label, labelled, columns, inputs, texts } = this.#batch;
    const placeOf = texts && placesIn(texts, chunk.texts);
    index.set(chunk.index.subarray(from, from + count), to);
    label.set(chunk.label.subarray(from, from + count), to);
    labelled.set(chunk.labelled.subarray(from, from + count), to);
    for (const { about, values } of chunk.columns)
      columns[rowColumnName(about)]?.set(values.subarray(from, from + count), to);
    if ((chunk.index[from] as number) <= this.#lastIndex) throw new Error('rows came out of order');
    this.#lastIndex = chunk.index[from + count - 1] as number;
    for (const { input, index: slot, values } of chunk.features.flatMap(({ filled }) => filled)) {
      const { name, width: rowWidth, isText } = this.#bound.inputs[input] as BoundInput;
      const { data } = inputs[name] as Tensor;
      const place = { index: slot, rowWidth };
      if (isText && placeOf !== undefined) {
        const numbers = values.numbers.subarray(from, from + count).map(placeOf);
        fillRows(data, place, to, { width: 1, numbers }, 0, count);
      } else fillRows(data, place, to, values, from, count);
    }
    for (const { feature, ids, starts } of this.#bags) {
      for (const list of chunk.features[feature]?.decoder.lists?.slice(from, from + count) ?? []) {
        for (const id of list) ids.push(id);
        starts.push(ids.length);
      }
    }
    this.#rowCount += count;
  }

  /** The batch as far as it is filled; the next begins in memory of its own, since runtimes may still read this one. */
  #take(): Batch {
    const full = this.#batch;
    const rowCount = this.#rowCount;
    const inputs = this.#plainInputs().map(({ name, dtype, rowDims, width }): [string, Tensor] => {
      const data = (full.inputs[name] as Tensor).data.subarray(0, rowCount * width);
      return [name, { dtype, dims: [rowCount, ...rowDims], data }];
    });
    const bags = this.#bags;
    const batch = {
      rowCount,
      index: full.index.subarray(0, rowCount),
      inputs: Object.fromEntries([...inputs, ...bags.flatMap((bag) => bagTensors(bag, 0, rowCount))]),
      ...(bags.length > 0 && { bags }),
      ...(full.texts && { texts: full.texts }),
      label: full.label.subarray(0, rowCount),
      labelled: full.labelled.subarray(0, rowCount),
      columns: Object.fromEntries(
        Object.entries(full.columns).map(([name, values]) => [name, values.subarray(0, rowCount)]),
      ),
      skippedRowCount: this.#skipped,
    };
    this.#batch = this.#blank();
    this.#bags = this.#emptyBags();
    this.#rowCount = 0;
    this.#skipped = 0;
    return batch;
  }
}
