import { cast, type Expression, reshape, sigmoid, slice, tensor } from '../compute/program.ts';
import type { Subject } from './analysis.ts';

/**
 * The model's score, float32 [rows]: a probability for PROBABILITY and LOGIT models, the raw value for VALUE.
 * Model outputs may be [rows], [rows, 1] or [rows, heads]; `score.index` counts on the flattened rest.
 */
export function scoreOf({ graph, score }: Subject): Expression {
  const raw = cast(
    elementOf(graph.outputs.find(({ name }) => name === score.output)?.shape.length ?? 2, score),
    'float32',
  );
  return score.space === 'LOGIT' ? sigmoid(raw) : raw;
}

function elementOf(rank: number, { output, index }: { output: string; index: number }): Expression {
  if (rank === 1) return tensor(output);
  return reshape(slice(reshape(tensor(output), [0, -1]), 1, index, index + 1), [-1]);
}
