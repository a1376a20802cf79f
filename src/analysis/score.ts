import { add, cast, div, type Expression, reshape, scalar, sigmoid, slice, sub, tensor } from '../compute/program.ts';
import type { ScoreBinding } from '../data/manifest.ts';
import type { Subject } from './analysis.ts';

/**
 * The model's score, float32 [rows]: a probability for PROBABILITY and LOGIT models, the raw value for VALUE.
 * Outputs may be [rows], [rows, heads] or of more axes, on which `score.index` counts as on one.
 */
export function scoreOf({ graph, score }: Subject): Expression {
  const rank = graph.outputs.find(({ name }) => name === score.output)?.shape.length;
  const element = rank === 1 ? tensor(score.output) : column(tensor(score.output), score.index);
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
