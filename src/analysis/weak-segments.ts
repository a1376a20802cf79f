import type { Scores } from '../data/score-file.ts';
import type { Reading } from './analysis.ts';
import { type LabelledSpec, labelledOf, ofScores } from './labelled.ts';
import { scoresOfKeys } from './quality.ts';
import { type Codes, codesOf, type SliceResult, sliceCodes, slicesBy } from './slicing.ts';

export interface WeakSegmentsSpec extends LabelledSpec {
  /** Of the dataset. */
  readonly columns: readonly string[];
  readonly minimumRows: number;
}

/** More segments than these nobody reads. */
const mostSegments = 100;

interface Segment {
  readonly name: string;
  /** A code for each row and column; the segment's rows are those with its codes. */
  readonly parts: readonly { readonly codes: Int32Array; readonly code: number }[];
  readonly excess: number;
}

/**
 * Values of one column, or of two together, by how much log loss their rows have in excess of the overall mean: rows times the
 * difference, largest first. Only segments that are worse than the whole and have at least `minimumRows` labelled rows.
 */
export const weakSegments: Reading<WeakSegmentsSpec, [Scores], readonly SliceResult[]> = {
  name: 'weakSegments',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { row, keys } = await labelledOf(part, spec, rows);
    const excess = excessLoss(keys);
    const columns = await Promise.all(
      spec.columns.map(async (name) => ({ name, ...frequent(await sliceCodes(rows, name, row), spec.minimumRows) })),
    );
    const worst = new Worst();
    for (const [at, a] of columns.entries()) {
      worst.add(segmentsOf(a, excess, spec.minimumRows));
      for (const b of columns.slice(at + 1)) worst.add(pairsOf(a, b, excess, spec.minimumRows));
    }
    const group = await codesOf(rows, rows.groupBy, row);
    return worst.segments.map((segment) => evaluated(segment, keys, group));
  },
};

interface Column extends Codes {
  readonly name: string;
}

/** Each row's log loss beyond the mean. */
function excessLoss(keys: Uint32Array): Float64Array {
  const scores = scoresOfKeys(keys);
  const loss = Float64Array.from(scores, (score, at) => {
    const clipped = Math.min(Math.max(score, 1e-15), 1 - 1e-15);
    return -Math.log((keys[at] as number) & 1 ? clipped : 1 - clipped);
  });
  const mean = loss.reduce((sum, one) => sum + one, 0) / loss.length;
  return loss.map((one) => one - mean);
}

/** Without the values that are too rare to be in any segment: what is left is few, whatever the column. */
function frequent({ codes, values }: Codes, minimumRows: number): Codes {
  const counts = new Float64Array(values.length);
  for (const code of codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  const kept = values.flatMap((_, code) => ((counts[code] as number) >= minimumRows ? [code] : []));
  const renumbered = new Map(kept.map((code, at) => [code, at]));
  return {
    codes: codes.map((code) => renumbered.get(code) ?? -1),
    values: kept.map((code) => values[code] as string),
  };
}

function segmentsOf({ name, codes, values }: Column, excess: Float64Array, minimumRows: number): Segment[] {
  return sumsBy(codes, values.length, excess, minimumRows).map(({ code, sum }) => ({
    name: `${name} = ${values[code]}`,
    parts: [{ codes, code }],
    excess: sum,
  }));
}

function pairsOf(a: Column, b: Column, excess: Float64Array, minimumRows: number): Segment[] {
  const { codes, pairs } = pairCodes(a, b);
  return sumsBy(codes, pairs.length, excess, minimumRows).map(({ code, sum }) => {
    const pair = pairs[code] as number;
    const [first, second] = [Math.floor(pair / b.values.length), pair % b.values.length];
    return {
      name: `${a.name} = ${a.values[first]}, ${b.name} = ${b.values[second]}`,
      parts: [
        { codes: a.codes, code: first },
        { codes: b.codes, code: second },
      ],
      excess: sum,
    };
  });
}

/** More pairs of values than these are numbered as they occur. */
const mostPairs = 1 << 20;

/** A code for each pair of values, and which pair it is: first · (values of b) + second. */
function pairCodes(a: Column, b: Column): { codes: Int32Array; pairs: readonly number[] } {
  const width = b.values.length;
  const count = a.values.length * width;
  const codeOf = new Map<number, number>();
  const numbered = (pair: number): number => {
    const code = codeOf.get(pair) ?? codeOf.size;
    if (code === codeOf.size) codeOf.set(pair, code);
    return code;
  };
  const codes = a.codes.map((first, at) => {
    const second = b.codes[at] as number;
    if (first < 0 || second < 0) return -1;
    return count <= mostPairs ? first * width + second : numbered(first * width + second);
  });
  return { codes, pairs: count <= mostPairs ? [...Array(count).keys()] : [...codeOf.keys()] };
}

/** Codes that are frequent enough and worse than the whole, with the sum of their excess. */
function sumsBy(
  codes: Int32Array,
  codeCount: number,
  excess: Float64Array,
  minimumRows: number,
): { code: number; sum: number }[] {
  const counts = new Uint32Array(codeCount);
  const sums = new Float64Array(codeCount);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    if (code < 0) continue;
    counts[code] = (counts[code] as number) + 1;
    sums[code] = (sums[code] as number) + (excess[at] as number);
  }
  return Array.from(sums, (sum, code) => ({ code, sum })).filter(
    ({ code, sum }) => sum > 0 && (counts[code] as number) >= minimumRows,
  );
}

/** The segments with most excess, ties by name. */
class Worst {
  segments: Segment[] = [];

  add(more: readonly Segment[]): void {
    this.segments = [...this.segments, ...more]
      .sort((a, b) => b.excess - a.excess || (a.name < b.name ? -1 : 1))
      .slice(0, mostSegments);
  }
}

function evaluated({ name, parts }: Segment, keys: Uint32Array, group: Codes | null): SliceResult {
  const isIn = (_: number, at: number): boolean => parts.every(({ codes, code }) => codes[at] === code);
  const own = keys.filter(isIn);
  const ownGroup = group && { ...group, codes: group.codes.filter(isIn) };
  const [slice] = slicesBy(own, { codes: new Int32Array(own.length), values: [name] }, ownGroup);
  return slice as SliceResult;
}
