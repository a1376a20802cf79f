import {
  add,
  cast,
  div,
  type Expression,
  exactTensor,
  reshape,
  scalar,
  sigmoid,
  slice,
  sub,
  tensor,
} from '../compute/program.ts';
import type { TensorSpec } from '../compute/tensor.ts';
import type { ScoreBinding } from '../data/manifest/manifest.ts';
import type { Precision, ScoreScale } from '../data/scores/scale.ts';
import type { Subject } from './analysis.ts';

/** An element of an output. */
export interface ScoreTarget {
  readonly output: string;
  readonly index: number;
}

/** What an element of an output is: as the manifest says, else what the score is. */
export function bindingOf(
  { score, targets = [] }: Pick<Subject, 'score' | 'targets'>,
  element: ScoreTarget,
): ScoreBinding {
  const { logit: _, ...ofScore } = score;
  const isIt = ({ output, index }: ScoreTarget): boolean => output === element.output && index === element.index;
  return isIt(score) ? score : { ...ofScore, ...element, ...targets.find(isIt) };
}

/**
 * The model's score, float32 [rows]: a probability for PROBABILITY and LOGIT models, the raw value for VALUE.
 * `target`: another element. Outputs may be [rows], [rows, heads] or of more axes, on which the index counts as
 * on one.
 */
export function scoreOf(subject: Subject, target: ScoreTarget = subject.score): Expression {
  const output = correctedOutput(subject, target);
  return bindingOf(subject, target).space === 'LOGIT' ? sigmoid(output) : output;
}

/** The element of an output on its own scale, float32 [rows]: corrected where training has left negatives out, else as it is. */
export function correctedOutput(subject: Subject, target: ScoreTarget): Expression {
  const binding = bindingOf(subject, target);
  const raw = outputElement(subject, target);
  if (binding.space === 'VALUE') return raw;
  return binding.space === 'LOGIT' ? undoSamplingOfLogit(raw, binding) : undoSampling(raw, binding);
}

/** What outputs are on, and how precise they are, for whoever reads them one by one. */
export function scaleOf(
  subject: Subject,
  target: ScoreTarget = subject.score,
): { scale: ScoreScale; precision: Precision } {
  const { space, negativeSampling } = bindingOf(subject, target);
  const scale = { space, ...(negativeSampling === undefined ? {} : { negativeSampling }) };
  const dtype = subject.graph.outputs.find(({ name }) => name === target.output)?.dtype;
  return { scale, precision: dtype === 'float64' ? 'float64' : 'float32' };
}

/** The raw element of an output in the model's own precision, [rows]. */
export function exactOutput({ graph }: Pick<Subject, 'graph'>, { output, index }: ScoreTarget): Expression {
  const spec = graph.outputs.find(({ name }) => name === output);
  if (spec?.dtype !== 'float64') return elementOf(graph.outputs, output, index);
  return rowsOf(exactTensor(output), spec.shape.length, index);
}

/** The raw element of an output, float32 [rows]. */
export function outputElement({ graph }: Pick<Subject, 'graph'>, { output, index }: ScoreTarget): Expression {
  return elementOf(graph.outputs, output, index);
}

/** An element of every row of a tensor, float32 [rows]. */
export function elementOf(specs: readonly TensorSpec[], name: string, index: number): Expression {
  const rank = specs.find((spec) => spec.name === name)?.shape.length;
  return cast(rowsOf(tensor(name), rank, index), 'float32');
}

const rowsOf = (values: Expression, rank: number | undefined, index: number): Expression =>
  rank === 1 ? values : reshape(slice(reshape(values, [0, -1]), 1, index, index + 1), [-1]);

/** p / (p + (1 − p) / w) where training kept a share w of the negatives (He et al. 2014). */
function undoSampling(probability: Expression, { negativeSampling: share }: ScoreBinding): Expression {
  if (share === undefined) return probability;
  return div(probability, add(probability, div(sub(scalar(1), probability), scalar(share))));
}

/** The same of its logit, which moves by log w: slopes of the logit stay what they are. */
export function undoSamplingOfLogit(logit: Expression, { negativeSampling: share }: ScoreBinding): Expression {
  return share === undefined ? logit : add(logit, scalar(Math.log(share)));
}
