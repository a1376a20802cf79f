import { pca } from '../../analysis/projection/pca.ts';
import type { ProjectionResult } from '../../analysis/projection/points.ts';
import { tsne } from '../../analysis/projection/tsne.ts';
import { analysisFailed } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Answer } from '../../planner/question.ts';
import { type Optional, wholeBetween } from '../arguments.ts';
import { ask } from '../ask.ts';
import type { Asker } from '../asker.ts';
import type { LayerOnRows } from '../structure.ts';

export type ProjectionMethod = 'PCA' | 'TSNE';

interface Asked {
  readonly method: ProjectionMethod;
  readonly components?: Optional<number>;
  readonly seed?: Optional<number>;
}

/** Rows as points. Throws BAD_USER_INPUT, and ANALYSIS_FAILED where a point is nowhere: it cannot be shown. */
export async function projectionOf(
  asker: Asker,
  { model, layer, rows }: LayerOnRows,
  { method, components: asked, seed }: Asked,
): Promise<Answer<ProjectionResult>> {
  const most = method === 'TSNE' ? 3 : Math.min(layer.units, analysisLimits.projectedComponents);
  const components = wholeBetween('components', asked ?? 2, 1, most);
  const spec = { layer: layer.name, components };
  const answer =
    method === 'TSNE'
      ? await ask(asker, tsne, { ...spec, seed: seed ?? 0 }, { model, rows })
      : await ask(asker, pca, spec, { model, rows });
  assertFinite(answer.value, layer.name);
  return answer;
}

/** Of a point, one for each component. */
export const coordinatesOf = ({ components, coordinates }: ProjectionResult, at: number): number[] =>
  Array.from(coordinates.subarray(at * components, (at + 1) * components));

/** Share of variance of each component; null where there is none: by TSNE, and for a constant layer. */
export const explainedVariance = ({ explainedVariance: shares }: ProjectionResult): number[] | null =>
  shares?.every(Number.isFinite) ? [...shares] : null;

function assertFinite({ row, score, coordinates, components }: ProjectionResult, layer: string): void {
  const bad = score.findIndex((value, at) => !Number.isFinite(value) || !isFinitePoint(coordinates, at, components));
  if (bad >= 0)
    throw analysisFailed(
      `The layer “${layer}”, or the score, is infinite or NaN on row ${row[bad]} or one that it is projected with.`,
      {
        layer,
        row: row[bad],
      },
    );
}

const isFinitePoint = (coordinates: Float64Array, at: number, components: number): boolean =>
  coordinates.subarray(at * components, (at + 1) * components).every(Number.isFinite);
