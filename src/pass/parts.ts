import { decodeResult } from '../analysis/codec.ts';
import { partsOf } from '../analysis/question.ts';
import { analysisNamed } from '../analysis/registry.ts';
import type { KeptPart, PassQuestion } from './protocol.ts';

/** How many rows a result is of. */
export interface Counts {
  rowCount: number;
  skippedRowCount: number;
}

export interface Part {
  readonly result: unknown;
  readonly counts: Counts;
}

/** The results that questions of a pass are made of: those that earlier passes have kept, and its own. */
export class Parts {
  readonly #kept: Readonly<Record<string, KeptPart>>;
  readonly #home: string;
  readonly #own = new Map<string, Part>();

  constructor(kept: Readonly<Record<string, KeptPart>>, home: string) {
    this.#kept = kept;
    this.#home = home;
  }

  has(key: string): boolean {
    return this.#own.has(key);
  }

  add(key: string, part: Part): void {
    this.#own.set(key, part);
  }

  /** In the order of the question's parts. */
  of({ name, spec, partKeys }: PassQuestion): Promise<Part[]> {
    const names = partsOf({ question: analysisNamed(name), spec }).map(({ question }) => question.name);
    return Promise.all(partKeys.map(async (key, at) => this.#own.get(key) ?? this.#load(key, names[at] as string)));
  }

  async #load(key: string, name: string): Promise<Part> {
    const part = this.#kept[key];
    if (part === undefined) throw new Error(`the part ${name} ${key} is neither kept nor computed by this pass`);
    const { rowCount, skippedRowCount } = part;
    const value = decodeResult(part.value);
    const analysis = analysisNamed(name);
    const files = analysis.kind === 'fold' ? analysis.files : undefined;
    const result = files === undefined ? value : await files.load(value, this.#home);
    return { result, counts: { rowCount, skippedRowCount } };
  }
}

export const resultsOf = (parts: readonly Part[]): unknown[] => parts.map(({ result }) => result);
