import { Draw } from '../analysis/attributions/random.ts';
import type { OtherRows } from '../compute/program.ts';
import { joinedRows } from '../data/batches/joined.ts';
import { partOf } from '../data/batches/part.ts';
import type { Batch, InputRows } from '../data/types.ts';
import { badUserInput } from '../errors.ts';

/**
 * Inputs of other rows for each row of a sweep (`Program.others`): for every distance a reader of its own over the same rows, which runs
 * ahead and begins again at the end, so that memory stays that of a batch.
 */
export class OthersReader {
  readonly #ahead: readonly Ahead[];

  /** `read` gives all rows, `rowCount` of them, from the first on. Throws BAD_USER_INPUT when there are less than two. */
  constructor({ count, seed }: OtherRows, rowCount: number, read: () => AsyncIterable<Batch>) {
    if (rowCount < 2)
      throw badUserInput('rows', 'Values of other rows are asked for, and there is only one row: select more.');
    this.#ahead = Array.from({ length: count }, (_, sample) => {
      const distance = 1 + Math.floor(new Draw(seed, 0, sample).uniform(0) * (rowCount - 1));
      return new Ahead(rowsFrom(read, distance));
    });
  }

  /** Asked for batch after batch in their order. */
  async of(batch: Batch): Promise<NonNullable<Batch['others']>> {
    return Promise.all(this.#ahead.map((ahead) => ahead.like(batch)));
  }

  async close(): Promise<void> {
    for (const ahead of this.#ahead) await ahead.close();
  }
}

/** The rows after the first `skipped` ones, then all of them again and again. */
async function* rowsFrom(read: () => AsyncIterable<Batch>, skipped: number): AsyncGenerator<[Batch, number]> {
  let left = skipped;
  for (;;)
    for await (const batch of read()) {
      const first = Math.min(left, batch.rowCount);
      left -= first;
      if (first < batch.rowCount) yield [batch, first];
    }
}

/** A place among rows, from which as many are taken as a batch has. */
class Ahead {
  readonly #rows: AsyncGenerator<[Batch, number]>;
  #batch: Batch | undefined;
  #next = 0;

  constructor(rows: AsyncGenerator<[Batch, number]>) {
    this.#rows = rows;
  }

  async like({ rowCount, texts }: Batch): Promise<InputRows> {
    const taken: Batch[] = [];
    for (let wanted = rowCount; wanted > 0; ) {
      const batch = await this.#current();
      const count = Math.min(wanted, batch.rowCount - this.#next);
      taken.push(partOf(batch, this.#next, this.#next + count));
      this.#next += count;
      wanted -= count;
    }
    return joinedRows(taken, texts);
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined);
  }

  async #current(): Promise<Batch> {
    if (this.#batch !== undefined && this.#next < this.#batch.rowCount) return this.#batch;
    const { value } = await this.#rows.next();
    const [batch, first] = value as [Batch, number];
    this.#batch = batch;
    this.#next = first;
    return batch;
  }
}
