/** A query to be, and what it will have found. */
interface Round<Row> {
  readonly keys: Set<string>;
  readonly found: Promise<ReadonlyMap<string, Row>>;
}

/**
 * Reads by key for many who ask at once: what is asked for while a query runs goes into the next one together, so that a hundred
 * requests for the same cost two queries. What is found was read after it was asked for.
 */
export class Gathered<Row extends { readonly key: string }> {
  readonly #read: (keys: readonly string[]) => Promise<readonly Row[]>;
  #next: Round<Row> | undefined;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(read: (keys: readonly string[]) => Promise<readonly Row[]>) {
    this.#read = read;
  }

  /** The rows of those keys that are there. Throws what the query throws, to all whose keys were in it. */
  async get(keys: readonly string[]): Promise<Row[]> {
    if (keys.length === 0) return [];
    const round = this.#next ?? this.#plan();
    this.#next = round;
    for (const key of keys) round.keys.add(key);
    const rows = await round.found;
    return keys.flatMap((key) => rows.get(key) ?? []);
  }

  #plan(): Round<Row> {
    const keys = new Set<string>();
    const found = this.#underWay.then(async () => {
      this.#next = undefined;
      return new Map((await this.#read([...keys])).map((row) => [row.key, row]));
    });
    this.#underWay = found.catch(() => undefined);
    return { keys, found };
  }
}
