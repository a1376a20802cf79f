import type { Tensor } from '@tensorflow/tfjs';
import { band } from '../../runtime/band.ts';
import type { Runtime } from '../../runtime/library.ts';

export type Shape = (number | null)[];

/** A layer's config as the library hands it over: Keras' names in camel case. */
export interface Config {
  readonly name?: string;
}

/** Of a call; `masks`: of every input, as `Replay` hands them over. */
export interface Arguments {
  readonly masks?: readonly (Tensor | null)[];
}

export const lastOf = (shape: Shape): number => shape.at(-1) ?? 0;

/** Keras' softmax leaves out what is masked by this much. */
const least = -1e9;

/** Scores [rows, …, T, S] of which those that are masked by `shown`, or by causality lie in the future, get no weight. */
export function hiddenScores(tf: Runtime, scores: Tensor, shown: Tensor | null, isCausal: boolean): Tensor {
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const past = isCausal ? band(tf, queries, keys, -1, 0) : null;
  const masks = [shown, past].flatMap((mask) => (mask === null ? [] : [tf.cast(mask, 'float32')]));
  if (masks.length === 0) return scores;
  const both = masks.reduce((product, mask) => tf.mul(product, mask));
  return tf.add(scores, tf.mul(tf.sub(1, both), least));
}
