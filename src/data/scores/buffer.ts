import { closeSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataLimits } from '../../limits.ts';
import type { ScoreSource, Scores } from './file.ts';
import { blankOutputs, type Precision, type ScoreScale } from './scale.ts';

export interface ScoreBufferOptions {
  readonly scale: ScoreScale;
  readonly precision: Precision;
  readonly blockRows?: number;
  readonly memoryBlocks?: number;
}

/**
 * Scores as they come, in blocks of `blockRows` whatever the batches were. The first blocks stay in memory; those after them lie
 * in a temporary file that has no name any more, so that nothing is left of it whatever becomes of this process.
 */
export class ScoreBuffer implements ScoreSource {
  readonly scale: ScoreScale;
  readonly precision: Precision;
  readonly #blockRows: number;
  readonly #memoryBlocks: number;
  readonly #full: Scores[] = [];
  #spilledBlocks = 0;
  #file: number | undefined;
  #open: Scores;
  #openRows = 0;

  constructor({
    scale,
    precision,
    blockRows = dataLimits.scoreBlockRows,
    memoryBlocks = dataLimits.scoreBlocksInMemory,
  }: ScoreBufferOptions) {
    this.scale = scale;
    this.precision = precision;
    this.#blockRows = blockRows;
    this.#memoryBlocks = memoryBlocks;
    this.#open = blank(blockRows, precision);
  }

  get rowCount(): number {
    return (this.#full.length + this.#spilledBlocks) * this.#blockRows + this.#openRows;
  }

  add(scores: Scores): void {
    for (let from = 0; from < scores.row.length; ) {
      const count = Math.min(this.#blockRows - this.#openRows, scores.row.length - from);
      copy(stretch(scores, from, from + count), this.#open, this.#openRows);
      from += count;
      this.#openRows += count;
      if (this.#openRows === this.#blockRows) this.#close();
    }
  }

  /** All of them, in order; all blocks but the last have the same number of rows. */
  *stretches(): Generator<Scores> {
    yield* this.#full;
    for (let block = 0; block < this.#spilledBlocks; block++) yield this.#read(block);
    if (this.#openRows > 0) yield stretch(this.#open, 0, this.#openRows);
  }

  release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #close(): void {
    if (this.#full.length < this.#memoryBlocks) {
      this.#full.push(this.#open);
      this.#open = blank(this.#blockRows, this.precision);
    } else {
      this.#write(this.#open);
    }
    this.#openRows = 0;
  }

  #write({ row, output, label }: Scores): void {
    this.#file ??= unnamedFile();
    for (const column of [row, output, label]) writeSync(this.#file, column);
    this.#spilledBlocks++;
  }

  #read(block: number): Scores {
    const scores = blank(this.#blockRows, this.precision);
    const columns = [scores.row, scores.output, scores.label];
    let position = block * columns.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    for (const column of columns) position += readSync(this.#file as number, column, 0, column.byteLength, position);
    return scores;
  }
}

const blank = (rows: number, precision: Precision): Scores => ({
  row: new Float64Array(rows),
  output: blankOutputs(precision, rows),
  label: new Int8Array(rows),
});

const stretch = ({ row, output, label }: Scores, from: number, to: number): Scores => ({
  row: row.subarray(from, to),
  output: output.subarray(from, to),
  label: label.subarray(from, to),
});

function copy(from: Scores, to: Scores, at: number): void {
  to.row.set(from.row, at);
  to.output.set(from.output, at);
  to.label.set(from.label, at);
}

function unnamedFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'glassgraph-'));
  const path = join(folder, 'scores');
  const file = openSync(path, 'w+');
  unlinkSync(path);
  rmSync(folder, { recursive: true });
  return file;
}
