import { type Expression, reduceMax, reshape, slice } from '../../compute/program.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis } from '../analysis.ts';
import { scoreOf } from '../score.ts';
import { assertByRow } from './row-axis.ts';
import { type LayerSpec, layerOf, unitsLast } from './units.ts';

export interface UnitSpec extends LayerSpec {
  readonly unit: number;
}

/** The rows on which a unit is strongest, strongest first; ties by row index. One entry a row. */
export interface TopExamplesResult {
  readonly row: readonly number[];
  readonly activation: readonly number[];
  readonly score: readonly number[];
}

interface Example {
  readonly row: number;
  readonly activation: number;
  readonly score: number;
}

/**
 * A row's activation is that of its strongest position. Throws ANALYSIS_FAILED for a layer that has rows and positions on one
 * axis, as matrix products over flattened sequences do: which value is whose is not known.
 */
export const topExamples: Analysis<UnitSpec, readonly Example[], TopExamplesResult> = {
  kind: 'fold',
  name: 'topExamples',
  version: 2,
  program(spec, subject) {
    return { outputs: { activation: activationOf(spec, subject), score: scoreOf(subject) } };
  },
  start: () => [],
  fold(state, outputs, batch) {
    const activation = outputs.activation?.data as Float32Array;
    const score = outputs.score?.data as Float32Array;
    assertByRow(activation.length, batch.rowCount);
    // Rows ascend, so a later row has to be stronger than the weakest that is kept.
    const weakest =
      state.length < analysisLimits.exampleCount ? Number.NEGATIVE_INFINITY : (state.at(-1)?.activation ?? 0);
    const candidates: Example[] = [];
    for (let at = 0; at < batch.rowCount; at++) {
      if ((activation[at] as number) > weakest)
        candidates.push({
          row: batch.index[at] as number,
          activation: activation[at] as number,
          score: score[at] as number,
        });
    }
    return strongest([...state, ...candidates]);
  },
  merge: (a, b) => strongest([...a, ...b]),
  finish: (examples) => ({
    row: examples.map(({ row }) => row),
    activation: examples.map(({ activation }) => activation),
    score: examples.map(({ score }) => score),
  }),
};

function activationOf(spec: UnitSpec, subject: Parameters<typeof layerOf>[1]): Expression {
  const { values, positionAxes } = unitsLast(layerOf(spec, subject));
  const ofUnit = slice(values, positionAxes.length + 1, spec.unit, spec.unit + 1);
  return reshape(positionAxes.length === 0 ? ofUnit : reduceMax(ofUnit, positionAxes), [-1]);
}

const strongest = (examples: Example[]): Example[] =>
  examples.sort((a, b) => b.activation - a.activation || a.row - b.row).slice(0, analysisLimits.exampleCount);
