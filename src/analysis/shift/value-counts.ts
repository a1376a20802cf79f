/**
 * How often a unit takes which values, in memory that does not grow with the rows. Float32 values fall into buckets by their leading
 * bits: narrow near zero, as wide as the value allows far from it, and the same for every unit and every sample, so that counts of
 * shards add up exactly. A bucket knows the least and the greatest value in it.
 *
 * Where a bucket with more than one value has a larger share than is wanted, another sweep counts what is in it by the bits that
 * follow, and a third one by all of them: then every value has a bucket of its own.
 */
export interface ValueCounts {
  /** Without values that are not finite, and without these: how many. */
  count: number;
  /** By sign and exponent; null where no value was. */
  readonly pages: (Page | null)[];
}

/** Buckets of values that share their leading bits; plain data, so that it can be cloned and sent. */
interface Page {
  /** How far the bits that tell its buckets apart are from the last. */
  readonly shift: number;
  readonly mask: number;
  readonly counts: Float64Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Of the buckets that are divided, by bucket. */
  readonly children: Map<number, Page>;
}

export interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

export const noValues = (): ValueCounts => ({ count: 0, pages: new Array(2 ** 9).fill(null) });

/**
 * Bits behind sign and exponent by which buckets are told apart in each sweep: eight, then seven, then the rest. Values below 2⁻⁸ are
 * seldom what matters of a unit that has greater ones, and there are many exponents of them: four, eight, and the rest.
 */
const divisions = { near: [4, 8, 11], far: [8, 7, 8] } as const;
const mantissaBits = 23;
const exponentOfFar = 127 - 8;

const infinite = 0x7f800000;

const divisionsOf = (page: number): readonly number[] =>
  (page & 0xff) < exponentOfFar ? divisions.near : divisions.far;

function blankPage(key: number, depth: number): Page {
  const bits = divisionsOf(key);
  const shift = mantissaBits - bits.slice(0, depth + 1).reduce((sum, count) => sum + count, 0);
  const size = 1 << (bits[depth] as number);
  return {
    shift,
    mask: size - 1,
    counts: new Float64Array(size),
    low: new Float32Array(size).fill(Number.POSITIVE_INFINITY),
    high: new Float32Array(size).fill(Number.NEGATIVE_INFINITY),
    children: new Map(),
  };
}

/** Counts values, in place, of this sweep: 0 for the first. */
export function addValues(to: ValueCounts, values: Float32Array, sweep: number): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let at = 0; at < values.length; at++) {
    const value = (values[at] as number) + 0;
    // −0 is 0.
    const word = value === 0 ? 0 : (bits[at] as number);
    if ((word & infinite) === infinite) continue;
    if (sweep === 0) to.count++;
    const page = pageOf(to, word, sweep);
    if (page === undefined) continue;
    const bucket = (word >>> page.shift) & page.mask;
    page.counts[bucket] = (page.counts[bucket] as number) + 1;
    if (value < (page.low[bucket] as number)) page.low[bucket] = value;
    if (value > (page.high[bucket] as number)) page.high[bucket] = value;
  }
}

/** Where a value is counted in this sweep; undefined where its bucket is not divided any further. */
function pageOf(of: ValueCounts, word: number, sweep: number): Page | undefined {
  const key = word >>> mantissaBits;
  let page: Page | undefined = firstPage(of, key);
  for (let depth = 0; depth < sweep && page !== undefined; depth++)
    page = page.children.get((word >>> page.shift) & page.mask);
  return page;
}

function firstPage({ pages }: ValueCounts, key: number): Page {
  const known = pages[key];
  if (known != null) return known;
  const page = blankPage(key, 0);
  pages[key] = page;
  return page;
}

/** Adds what another shard has counted in this sweep, in place. */
export function mergeValues(to: ValueCounts, from: ValueCounts, sweep: number): void {
  if (sweep === 0) to.count += from.count;
  for (const [key, page] of from.pages.entries()) if (page !== null) mergePages(firstPage(to, key), page, sweep);
}

function mergePages(to: Page, from: Page, depth: number): void {
  if (depth > 0) {
    for (const [bucket, child] of from.children) mergePages(to.children.get(bucket) as Page, child, depth - 1);
    return;
  }
  for (let bucket = 0; bucket < to.counts.length; bucket++) {
    to.counts[bucket] = (to.counts[bucket] as number) + (from.counts[bucket] as number);
    to.low[bucket] = Math.min(to.low[bucket] as number, from.low[bucket] as number);
    to.high[bucket] = Math.max(to.high[bucket] as number, from.high[bucket] as number);
  }
}

/** Divides what has a larger share than this of the values, for another sweep; false where there is nothing to divide. */
export function divide({ count, pages }: ValueCounts, sweep: number, largestShare: number): boolean {
  let isDivided = false;
  const visit = (key: number, page: Page, depth: number): void => {
    if (depth < sweep) for (const child of page.children.values()) visit(key, child, depth + 1);
    else if (page.shift > 0)
      for (const [bucket, inside] of page.counts.entries()) {
        if (inside <= largestShare * count || page.low[bucket] === page.high[bucket]) continue;
        page.children.set(bucket, blankPage(key, depth + 1));
        isDivided = true;
      }
  };
  for (const [key, page] of pages.entries()) if (page !== null) visit(key, page, 0);
  return isDivided;
}

/** Ascending. */
export function bucketsOf({ pages }: ValueCounts): Bucket[] {
  const found: Bucket[] = [];
  const visit = ({ counts, low, high, children }: Page): void => {
    for (const [bucket, count] of counts.entries()) {
      const child = children.get(bucket);
      if (child !== undefined) visit(child);
      else if (count > 0) found.push({ low: low[bucket] as number, high: high[bucket] as number, count });
    }
  };
  for (const page of pages) if (page !== null) visit(page);
  return found.sort((a, b) => a.low - b.low);
}
