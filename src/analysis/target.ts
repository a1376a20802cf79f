import type { LogitTensor } from '../compute/graph.ts';
import {
  add,
  cast,
  concat,
  div,
  type Expression,
  exp,
  log,
  reduceMax,
  reduceSum,
  reshape,
  scalar,
  slice,
  sub,
  tensor,
} from '../compute/program.ts';
import type { Subject } from './analysis.ts';
import {
  bindingOf,
  correctedOutput,
  elementOf,
  outputElement,
  type ScoreTarget,
  scoreOf,
  undoSamplingOfLogit,
} from './score.ts';
import { type LayerSpec, layerOf, unitsLast } from './units/units.ts';

export type TargetSpace = 'LOGIT' | 'PROBABILITY' | 'OUTPUT';

/** What is explained: an element of an output on a scale, the manifest's score when the element is omitted; or a neuron. */
export type Target = OutputTarget | NeuronTarget;

export interface OutputTarget {
  readonly element?: ScoreTarget;
  readonly space: TargetSpace;
}

/** A unit of a layer: its activation, summed over positions. */
export interface NeuronTarget extends LayerSpec {
  readonly unit: number;
}

/**
 * float32 [rows]. The logit is a tensor of the graph where there is one, since a saturated sigmoid has lost it; of a class of a softmax it is
 * made of what the softmax reads; else it is log(p/(1 − p)).
 * A VALUE has neither logit nor probability: it is itself. In every space, `negativeSampling` corrects the target as it does the score.
 */
export function targetOf(subject: Subject, target: Target): Expression {
  if ('unit' in target) return activationOf(subject, target);
  const { element = subject.score, space } = target;
  const binding = bindingOf(subject, element);
  if (space === 'OUTPUT' || binding.space === 'VALUE') return correctedOutput(subject, element);
  if (space === 'PROBABILITY') return scoreOf(subject, element);
  return undoSamplingOfLogit(logitOf(subject, element), binding);
}

function activationOf(subject: Subject, { layer, unit }: NeuronTarget): Expression {
  const { values, positionAxes } = unitsLast(layerOf({ layer }, subject));
  const ofUnit = slice(values, positionAxes.length + 1, unit, unit + 1);
  return reshape(positionAxes.length === 0 ? ofUnit : reduceSum(ofUnit, positionAxes), [-1]);
}

/** The model's own. */
function logitOf(subject: Subject, element: ScoreTarget): Expression {
  const { graph } = subject;
  const { space, logit } = bindingOf(subject, element);
  if (space === 'LOGIT') return outputElement(subject, element);
  const found = graph.logits.find(({ output, index }) => output === element.output && index === element.index);
  if (logit === undefined && found?.classes !== undefined)
    return logitOfClass(found.tensor, found.tensorIndex, found.classes);
  const name = logit ?? found?.tensor;
  if (name === undefined) {
    const probability = outputElement(subject, element);
    return log(div(probability, sub(scalar(1), probability)));
  }
  return elementOf(graph.tensors, name, found?.tensor === name ? found.tensorIndex : 0);
}

/**
 * Of a class of a softmax, log(p/(1 − p)) from the elements that the softmax is over: their difference where they are two. So it is exact
 * where p is rounded to 0 or 1.
 */
function logitOfClass(name: string, index: number, { start, end }: NonNullable<LogitTensor['classes']>): Expression {
  const elements = cast(reshape(tensor(name), [0, -1]), 'float32');
  const own = slice(elements, 1, index, index + 1);
  const between = (from: number, to: number) => (from < to ? [slice(elements, 1, from, to)] : []);
  const parts = [...between(start, index), ...between(index + 1, end)];
  const others = parts.length > 1 ? concat(parts, 1) : (parts[0] as Expression);
  const largest = reduceMax(others, [1], true);
  const total = add(largest, log(reduceSum(exp(sub(others, largest)), [1], true)));
  return reshape(sub(own, end - start === 2 ? others : total), [-1]);
}
