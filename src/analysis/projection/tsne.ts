import { TSNE } from '@saehrimnir/druidjs';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis } from '../analysis.ts';
import { type LayerSpec, layerOf, meansOfRows } from '../units.ts';
import { assertShown, joined, type Points, type ProjectionResult, pointOutputs, pointsOf } from './points.ts';

export interface TsneSpec extends LayerSpec {
  readonly components: number;
  readonly seed: number;
}

interface TsneState extends TsneSpec {
  readonly units: number;
  readonly rowCount: number;
  readonly points: readonly Points[];
}

const steps = 500;
const fewestRows = 4;

/**
 * t-SNE (van der Maaten & Hinton 2008) of a layer's activations (of the mean over positions, where it has them) by druid.js: exact,
 * not Barnes-Hut. Perplexity 30, or a third of the other rows where that is less; 500 steps of the length that Belkina et al. 2019
 * advise. The same rows and seed give the same points.
 */
export const tsne: Analysis<TsneSpec, TsneState, ProjectionResult> = {
  name: 'tsne',
  version: 1,
  start: (spec, subject) => ({ ...spec, units: layerOf(spec, subject).units, rowCount: 0, points: [] }),
  program: (spec, subject) => ({ outputs: pointOutputs(meansOfRows(layerOf(spec, subject)), subject) }),
  fold(state, outputs, batch) {
    const rowCount = state.rowCount + batch.rowCount;
    assertShown(rowCount, analysisLimits.tsneRows, 't-SNE');
    return { ...state, rowCount, points: [...state.points, pointsOf(outputs, batch, state.units)] };
  },
  merge: (a, b) => ({ ...a, rowCount: a.rowCount + b.rowCount, points: [...a.points, ...b.points] }),
  finish({ points, units, components, seed, rowCount }) {
    if (rowCount < fewestRows)
      throw badUserInput('rows', `\`rows\` selects ${rowCount} rows; t-SNE needs ${fewestRows} or more. Ask for PCA.`);
    const { values, ...rest } = joined(points);
    const rows = Array.from({ length: rowCount }, (_, at) => values.slice(at * units, (at + 1) * units));
    const perplexity = Math.min(30, (rowCount - 1) / 3);
    const epsilon = Math.max(50, rowCount / 12);
    const embedded = new TSNE(rows, { perplexity, epsilon, d: components, seed }).transform(steps);
    return {
      ...rest,
      components,
      coordinates: Float64Array.from(embedded.flatMap((point) => [...point])),
      explainedVariance: null,
    };
  },
};
