import { unsupportedByExecutor } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import { spectrumOf } from '../sums/symmetric.ts';
import { type Entries, normOf, type TableAnalysis, type TableSpec } from './table-analysis.ts';

/** Singular values of a table, largest first: as many as an entry has elements. */
export interface SpectrumResult {
  readonly singularValues: Float64Array;
}

interface SpectrumState {
  readonly dimension: number;
  /** [dimension, dimension], upper triangle: Σ e eᵀ over the entries */
  readonly gram: Float64Array;
}

/**
 * By the eigenvalues of the Gram matrix EᵀE in float64. What rounding leaves of a zero eigenvalue is one: singular values below
 * √dimension · 1.5e-8 of the largest are 0. Throws for tables too wide for it.
 */
export const tableSpectrum: TableAnalysis<TableSpec, SpectrumState, SpectrumResult> = {
  kind: 'table',
  name: 'tableSpectrum',
  version: 1,
  start({ table }, { dimension }) {
    if (dimension > analysisLimits.spectrumSize)
      throw unsupportedByExecutor(
        `The table “${table}” has ${dimension} dimensions; singular values are computed for at most ${analysisLimits.spectrumSize}.`,
        { table },
      );
    return { dimension, gram: new Float64Array(dimension * dimension) };
  },
  fold(state, entries, first) {
    const { dimension, gram } = state;
    for (let from = 0, entry = first; from < entries.length; from += dimension, entry++)
      normOf(entries, from, dimension, entry);
    // Four entries at a time: a sum is loaded and stored once for all of them.
    const four = 4 * dimension;
    const whole = entries.length - (entries.length % four);
    for (let from = 0; from < whole; from += four) addProducts(gram, entries, from, dimension);
    const rest = new Float64Array(four);
    rest.set(entries.subarray(whole));
    addProducts(gram, rest, 0, dimension);
    return state;
  },
  finish({ dimension, gram }) {
    const { values } = spectrumOf(gram, dimension);
    const noise = dimension * Number.EPSILON * (values[0] as number);
    return { singularValues: Float64Array.from(values, (value) => (value > noise ? Math.sqrt(value) : 0)) };
  },
};

/** Adds the outer products of the four entries from `a` on. */
function addProducts(gram: Float64Array, entries: Entries, a: number, dimension: number): void {
  const [b, c, d] = [a + dimension, a + 2 * dimension, a + 3 * dimension];
  for (let i = 0; i < dimension; i++) {
    const ai = entries[a + i] as number;
    const bi = entries[b + i] as number;
    const ci = entries[c + i] as number;
    const di = entries[d + i] as number;
    for (let j = i, at = i * dimension + i; j < dimension; j++, at++)
      gram[at] =
        (gram[at] as number) +
        (ai * (entries[a + j] as number) +
          bi * (entries[b + j] as number) +
          ci * (entries[c + j] as number) +
          di * (entries[d + j] as number));
  }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Sum of the singular values over the largest (Guo et al. 2024): near 1 for a collapsed table; NaN for a zero table. */
export const informationAbundance = ({ singularValues }: SpectrumResult): number =>
  sum(singularValues) / (singularValues[0] as number);

/** Participation ratio (Σλ)² / Σλ² of the eigenvalues λ of EᵀE, the squared singular values; NaN for a zero table. */
export function tableRank({ singularValues }: SpectrumResult): number {
  // Of the largest first: squares of squares do not overflow.
  const shares = singularValues.map((value) => (value / (singularValues[0] as number)) ** 2);
  return sum(shares) ** 2 / sum(shares.map((share) => share * share));
}
