import { add, cast, div, type Expression, reshape, scalar, sigmoid, slice, sub, tensor } from '../compute/program.ts';
import type { ScoreBinding } from '../data/manifest.ts';
import type { Subject } from './analysis.ts';

/** An element of an output. */
export interface ScoreTarget {
  readonly output: string;
  readonly index: number;
}

/**
 * The model's score, float32 [rows]: a probability for PROBABILITY and LOGIT models, the raw value for VALUE.
 * `target`: another element, of the same space. Outputs may be [rows], [rows, heads] or of more axes, on which `score.index` counts as on one.
 */
export function scoreOf({ graph, score }: Subject, { output, index }: ScoreTarget = score): Expression {
  const rank = graph.outputs.find(({ name }) => name === output)?.shape.length;
  const element = rank === 1 ? tensor(output) : column(tensor(output), index);
  const raw = cast(element, 'float32');
  return undoSampling(score.space === 'LOGIT' ? sigmoid(raw) : raw, score);
}

const column = (a: Expression, index: number): Expression =>
  reshape(slice(reshape(a, [0, -1]), 1, index, index + 1), [-1]);

/** p / (p + (1 − p) / w) where training kept a share w of the negatives (He et al. 2014). */
function undoSampling(score: Expression, { negativeSampling: share }: ScoreBinding): Expression {
  if (share === undefined) return score;
  return div(score, add(score, div(sub(scalar(1), score), scalar(share))));
}
