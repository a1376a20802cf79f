import type { ScoreSpace } from '../manifest/manifest.ts';

/**
 * A model's own outputs, in its own precision: what rows are ranked by. A probability in float32 no longer tells logits beyond some 17
 * apart, so it is made of the output where it is needed, in float64.
 */
export type RawOutputs = Float32Array | Float64Array;
export type Precision = 'float32' | 'float64';

/** What outputs are, and so which probabilities they stand for. */
export interface ScoreScale {
  readonly space: ScoreSpace;
  /** Share w of the negatives that training kept, where it did not keep all (`ScoreBinding.negativeSampling`). */
  readonly negativeSampling?: number;
}

export const blankOutputs = (precision: Precision, length: number): RawOutputs =>
  precision === 'float64' ? new Float64Array(length) : new Float32Array(length);

/** A probability in float64; a VALUE is itself. */
export function scoreOfOutput({ space, negativeSampling: share = 1 }: ScoreScale, output: number): number {
  if (space === 'VALUE') return output;
  if (space === 'LOGIT') return sigmoid(correctedLogit(output, share));
  return share === 1 ? output : output / (output + (1 - output) / share);
}

/** Log loss of a row. Of a logit it is exact however large; a probability is clipped to [1e-15, 1 − 1e-15]. */
export function logLossOfOutput(scale: ScoreScale, output: number, isPositive: boolean): number {
  if (scale.space === 'LOGIT') {
    const logit = correctedLogit(output, scale.negativeSampling ?? 1);
    return softplus(isPositive ? -logit : logit);
  }
  const clipped = Math.min(Math.max(scoreOfOutput(scale, output), 1e-15), 1 - 1e-15);
  return -Math.log(isPositive ? clipped : 1 - clipped);
}

/** Log w further (He et al. 2014). */
const correctedLogit = (logit: number, share: number): number => (share === 1 ? logit : logit + Math.log(share));

/** Neither exponential overflows. */
function sigmoid(logit: number): number {
  if (logit >= 0) return 1 / (1 + Math.exp(-logit));
  const odds = Math.exp(logit);
  return odds / (1 + odds);
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
