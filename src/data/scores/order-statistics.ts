import { DOUBLE } from '@duckdb/node-api';
import { dataLimits } from '../../limits.ts';
import { numbersOf } from '../duckdb/cells.ts';
import { ScratchTable } from '../duckdb/scratch-table.ts';

export interface OrderStatisticsOptions {
  /** At most this many numbers are added. */
  readonly rowCount: number;
  /** Numbers of eight bytes that may lie in memory; beyond, all of them go to DuckDB, which spills. */
  readonly numbersInMemory?: number;
}

/** Numbers by their place in ascending order: exact, in bounded memory. Add everything, then ask. */
export class OrderStatistics implements Disposable {
  readonly #memory: Float64Array | undefined;
  #table: Promise<ScratchTable> | undefined;
  count = 0;

  constructor({ rowCount, numbersInMemory = dataLimits.numbersInMemory }: OrderStatisticsOptions) {
    if (rowCount <= numbersInMemory) this.#memory = new Float64Array(rowCount);
  }

  /** NaN is left out. */
  async add(numbers: Float64Array): Promise<void> {
    const known = numbers.filter((value) => !Number.isNaN(value));
    if (this.#memory === undefined) (await this.#scratch()).append([known]);
    else this.#memory.set(known, this.count);
    this.count += known.length;
  }

  /** The numbers at these places, from 0; places ascend and are below `count`. */
  async at(places: readonly number[]): Promise<number[]> {
    if (this.#memory === undefined) return this.#spilledAt(places);
    const sorted = this.#memory.subarray(0, this.count).sort();
    return places.map((place) => sorted[place] as number);
  }

  async #spilledAt(places: readonly number[]): Promise<number[]> {
    const found: number[] = [];
    let below = 0;
    const sql = 'SELECT x, CAST(count(*) AS DOUBLE) FROM scratch GROUP BY x ORDER BY x';
    for await (const chunk of (await this.#scratch()).chunks(sql)) {
      const [numbers, counts] = [numbersOf(chunk.getColumnVector(0)), numbersOf(chunk.getColumnVector(1))];
      for (let row = 0; row < chunk.rowCount; row++) {
        below += counts[row] as number;
        while (found.length < places.length && (places[found.length] as number) < below)
          found.push(numbers[row] as number);
      }
    }
    return found;
  }

  #scratch(): Promise<ScratchTable> {
    this.#table ??= ScratchTable.open(['x'], [DOUBLE], dataLimits.keysMemory);
    return this.#table;
  }

  [Symbol.dispose](): void {
    void this.#table?.then((table) => table.close());
  }
}
