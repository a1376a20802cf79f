import type { Batch } from '../data/types.ts';
import { passLimits } from '../limits.ts';

/**
 * Batches of rows that are swept again and again: what the first sweep decodes stays for the next ones where all of it fits into
 * memory; otherwise each sweep reads anew.
 */
export class KeptBatches {
  readonly #read: () => AsyncIterable<Batch>;
  readonly #mostBytes: number;
  #kept: readonly Batch[] | undefined;

  constructor(read: () => AsyncIterable<Batch>, mostBytes: number = passLimits.keptBatchBytes) {
    this.#read = read;
    this.#mostBytes = mostBytes;
  }

  async *read(): AsyncGenerator<Batch> {
    if (this.#kept !== undefined) return yield* this.#kept;
    let batches: Batch[] = [];
    let bytes = 0;
    for await (const batch of this.#read()) {
      bytes += bytesOf(batch);
      if (bytes <= this.#mostBytes) batches.push(batch);
      else batches = [];
      yield batch;
    }
    if (bytes <= this.#mostBytes) this.#kept = batches;
  }
}

function bytesOf({ index, label, labelled, columns, inputs, bags = [], texts }: Batch): number {
  const arrays = [index, label, labelled, ...Object.values(columns), ...Object.values(inputs).map(({ data }) => data)];
  const lists = bags.flatMap(({ ids, starts }) => [ids, starts]);
  return (
    arrays.reduce((sum, { byteLength }) => sum + byteLength, texts?.byteLength ?? 0) +
    lists.reduce((sum, { length }) => sum + 8 * length, 0)
  );
}
