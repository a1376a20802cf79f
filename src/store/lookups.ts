import type { Queries } from './database.ts';
import { type DatasetRow, getDataset } from './datasets.ts';
import { getModel, type ModelRow } from './models.ts';

/** What another server registers, deletes or names is seen here after this long. */
const freshMs = 1000;

type ModelName = Parameters<typeof getModel>[1];
type DatasetName = Parameters<typeof getDataset>[1];

/** Models and datasets as requests name them, not looked up again for a moment: pages ask for the same few all the time. */
export class Lookups {
  readonly #db: Queries;
  readonly #known = new Map<string, Promise<unknown>>();
  #knownSinceMs = 0;

  constructor(db: Queries) {
    this.#db = db;
  }

  model({ name, version, alias }: ModelName): Promise<ModelRow | undefined> {
    return this.#once(JSON.stringify(['model', name, version, alias]), () =>
      getModel(this.#db, { name, version, alias }),
    );
  }

  dataset({ name, version }: DatasetName): Promise<DatasetRow | undefined> {
    return this.#once(JSON.stringify(['dataset', name, version]), () => getDataset(this.#db, { name, version }));
  }

  /** After this server has changed anything itself. */
  forget(): void {
    this.#known.clear();
  }

  /** What is not there may come at any time, and is not remembered. */
  #once<Found>(key: string, find: () => Promise<Found | undefined>): Promise<Found | undefined> {
    if (performance.now() - this.#knownSinceMs > freshMs) {
      this.forget();
      this.#knownSinceMs = performance.now();
    }
    const known = this.#known.get(key) as Promise<Found | undefined> | undefined;
    if (known !== undefined) return known;
    const found = find();
    this.#known.set(key, found);
    const forgetMissing = (): void => {
      if (this.#known.get(key) === found) this.#known.delete(key);
    };
    found.then((value) => value === undefined && forgetMissing(), forgetMissing);
    return found;
  }
}
