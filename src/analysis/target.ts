import { div, type Expression, log, scalar, sub } from '../compute/program.ts';
import type { Subject } from './analysis.ts';
import { elementOf, outputElement, type ScoreTarget, scoreOf } from './score.ts';

export type TargetSpace = 'LOGIT' | 'PROBABILITY' | 'OUTPUT';

/** What is explained: an element of an output, on a scale. The manifest's score when the element is omitted. */
export interface Target {
  readonly element?: ScoreTarget;
  readonly space: TargetSpace;
}

/**
 * float32 [rows]. The logit is a tensor of the graph where there is one, since a saturated sigmoid has lost it; else log(p/(1 − p)).
 * A VALUE has neither logit nor probability: it is itself.
 */
export function targetOf(subject: Subject, { element = subject.score, space }: Target): Expression {
  if (space === 'OUTPUT' || subject.score.space === 'VALUE') return outputElement(subject, element);
  if (space === 'PROBABILITY') return scoreOf(subject, element);
  return logitOf(subject, element);
}

function logitOf(subject: Subject, element: ScoreTarget): Expression {
  const { graph, score } = subject;
  if (score.space === 'LOGIT') return outputElement(subject, element);
  const isScore = element.output === score.output && element.index === score.index;
  const found = graph.logits.find(({ output, index }) => output === element.output && index === element.index);
  const name = (isScore ? score.logit : undefined) ?? found?.tensor;
  if (name === undefined) {
    const probability = outputElement(subject, element);
    return log(div(probability, sub(scalar(1), probability)));
  }
  return elementOf(graph.tensors, name, found?.tensor === name ? found.tensorIndex : 0);
}
