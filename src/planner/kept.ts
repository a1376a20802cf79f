import { decodeResult } from '../analysis/codec.ts';
import { plannerLimits } from '../limits.ts';
import type { Queries } from '../store/database.ts';
import { Gathered } from '../store/gathered.ts';
import { type Claim, getClaims, getResults, type KeptResult, touchResults } from '../store/results.ts';
import type { Provenance } from './question.ts';

/** A result that is there, decoded. Whoever gets it shares it with others. */
export interface Kept {
  readonly value: unknown;
  readonly provenance: Omit<Provenance, 'cached' | 'sampled'>;
}

/** How late the store may learn what was used; it evicts by days. */
const touchMs = 5000;

/**
 * Results of the store, and those that were asked for last in memory: a key names what was computed from what, so that its result
 * never changes.
 */
export class KeptResults {
  readonly #db: Queries;
  readonly #results: Gathered<KeptResult>;
  readonly #claims: Gathered<Claim>;
  readonly #memory = new Map<string, Kept & { readonly bytes: number }>();
  readonly #used = new Set<string>();
  readonly #memoryBytes: number;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(db: Queries, { memoryBytes }: { memoryBytes: number } = plannerLimits) {
    this.#db = db;
    this.#results = new Gathered((keys) => getResults(db, keys));
    this.#claims = new Gathered((keys) => getClaims(db, keys));
    this.#memoryBytes = memoryBytes;
    this.#timer = setInterval(() => void this.#touch().catch(() => undefined), touchMs).unref();
  }

  /** Those of the keys that are there. */
  async get(keys: Iterable<string>): Promise<Map<string, Kept>> {
    const found = new Map<string, Kept>();
    const missing: string[] = [];
    for (const key of new Set(keys)) {
      const known = this.#memory.get(key);
      if (known === undefined) missing.push(key);
      else found.set(key, this.#remember(key, known));
    }
    for (const { value, files: _files, analysis: _analysis, ...provenance } of await this.#results.get(missing)) {
      const kept = { value: decodeResult(value), provenance, bytes: value.byteLength };
      found.set(provenance.key, this.#remember(provenance.key, kept));
    }
    for (const key of found.keys()) this.#used.add(key);
    return found;
  }

  /** Those of the keys whose results are in the store at this moment, whatever is in memory, or are being computed. */
  async claims(keys: readonly string[]): Promise<Claim[]> {
    const claims = await this.#claims.get(keys);
    for (const { key, isDone } of claims) if (isDone) this.#used.add(key);
    return claims;
  }

  /** After results were deleted. */
  forget(): void {
    this.#memory.clear();
    this.#bytes = 0;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    // A database that is gone learns nothing more; closing goes on.
    await this.#touch().catch(() => undefined);
  }

  /** As the one used last; those used longest ago go when there are too many. */
  #remember<One extends Kept & { bytes: number }>(key: string, kept: One): One {
    if (this.#memory.delete(key)) this.#bytes -= kept.bytes;
    this.#memory.set(key, kept);
    this.#bytes += kept.bytes;
    for (const [oldest, { bytes }] of this.#memory) {
      if (this.#bytes <= this.#memoryBytes) break;
      this.#memory.delete(oldest);
      this.#bytes -= bytes;
    }
    return kept;
  }

  async #touch(): Promise<void> {
    const keys = [...this.#used];
    this.#used.clear();
    await touchResults(this.#db, keys);
  }
}
