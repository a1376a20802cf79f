import { TSNE } from '@saehrimnir/druidjs';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis } from '../analysis.ts';
import { type LayerSpec, layerOf, meansOfRows } from '../units/units.ts';
import { assertShown, joined, type Points, type ProjectionResult, pointOutputs, pointsOf } from './points.ts';

export interface TsneSpec extends LayerSpec {
  readonly components: number;
  readonly seed: number;
}

interface TsneState extends TsneSpec {
  readonly units: number;
  readonly rowCount: number;
  readonly points: readonly Points[];
  /** Once the rows are there. */
  readonly layout?: Layout;
}

/** Places of the rows, which every step moves; there is one more to be taken after the last. */
type Layout = Generator<Float64Array[], Float64Array[]>;

const steps = 500;
const fewestRows = 4;

/**
 * t-SNE (van der Maaten & Hinton 2008) of a layer's activations (of the mean over positions, where it has them) by druid.js: exact,
 * not Barnes-Hut. Perplexity 30, or a third of the other rows where that is less; 500 steps of the length that Belkina et al. 2019
 * advise. The same rows and seed give the same points.
 */
export const tsne: Analysis<TsneSpec, TsneState, ProjectionResult> = {
  kind: 'fold',
  name: 'tsne',
  version: 3,
  start: (spec, subject) => ({ ...spec, units: layerOf(spec, subject).units, rowCount: 0, points: [] }),
  program: (spec, subject) => ({ outputs: pointOutputs(meansOfRows(layerOf(spec, subject)), subject) }),
  fold(state, outputs, batch) {
    const rowCount = state.rowCount + batch.rowCount;
    assertShown(rowCount, analysisLimits.tsneRows, 't-SNE');
    return { ...state, rowCount, points: [...state.points, pointsOf(outputs, batch, state.units)] };
  },
  merge: (a, b) => ({ ...a, rowCount: a.rowCount + b.rowCount, points: [...a.points, ...b.points] }),
  settling: {
    steps,
    step(state) {
      const { layout = layoutOf(state) } = state;
      layout.next();
      return { ...state, layout };
    },
  },
  finish({ points, components, layout }) {
    if (layout === undefined) throw new Error('rows are laid out in steps');
    const { values: _, ...rest } = joined(points);
    const { value: places } = layout.next();
    return {
      ...rest,
      components,
      coordinates: Float64Array.from(places.flatMap((place) => [...place])),
      explainedVariance: null,
    };
  },
  release: ({ layout }) => void layout?.return([]),
};

/** Throws BAD_USER_INPUT for fewer rows than have neighbours. */
function layoutOf({ points, components, seed, rowCount }: TsneState): Layout {
  if (rowCount < fewestRows)
    throw badUserInput('rows', `\`rows\` selects ${rowCount} rows; t-SNE needs ${fewestRows} or more. Ask for PCA.`);
  const perplexity = Math.min(30, (rowCount - 1) / 3);
  const epsilon = Math.max(50, rowCount / 12);
  const distances = distancesOf(joined(points).values, rowCount);
  const embedded = new TSNE(distances, { metric: 'precomputed', perplexity, epsilon, d: components, seed });
  // The library's steps are as wide as what it is given, a matrix of distances, and need to be as wide as points only.
  embedded._D = components;
  return embedded.generator(steps);
}

/**
 * Squared, as shares of their mean, each row's less that of its nearest other row. How near rows are, exp(−βd) over its sum, sees
 * neither, since β is fitted; the library, which takes β from 1 on and sums as it is, would be left with nothing but zeros of rows
 * that are far from all others.
 */
function distancesOf(values: Float64Array, rowCount: number): Float64Array[] {
  const units = values.length / rowCount;
  const rows = Array.from({ length: rowCount }, () => new Float64Array(rowCount));
  let sum = 0;
  for (const [i, row] of rows.entries())
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let unit = 0; unit < units; unit++)
        square += ((values[i * units + unit] as number) - (values[j * units + unit] as number)) ** 2;
      row[j] = square;
      (rows[j] as Float64Array)[i] = square;
      sum += 2 * square;
    }
  const mean = sum / (rowCount * (rowCount - 1));
  for (const [i, row] of rows.entries()) {
    const nearest = row.reduce((least, square, j) => (j === i ? least : Math.min(least, square)), Number.MAX_VALUE);
    for (let j = 0; j < rowCount; j++) row[j] = j === i || mean === 0 ? 0 : ((row[j] as number) - nearest) / mean;
  }
  return rows;
}
