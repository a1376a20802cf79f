import type { ScoreTarget } from '../analysis/score.ts';
import type { OutputTarget } from '../analysis/target.ts';
import { badUserInput } from '../errors.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';
import type { Optional } from './arguments.ts';

/** What is explained: an element of a model's outputs, the score where nothing is said. */
export interface TargetArgument {
  readonly output?: Optional<string>;
  readonly index?: Optional<number>;
  readonly space?: Optional<OutputTarget['space']>;
}

/** The element that is scored instead of the manifest's; undefined when it is the same. Throws BAD_USER_INPUT. */
export function scoreTarget(
  { graph, manifest: { score } }: ModelRow,
  target: Optional<TargetArgument>,
): ScoreTarget | undefined {
  const output = target?.output ?? score.output;
  const index = target?.index ?? (output === score.output ? score.index : 0);
  const names = graph.outputs.map(({ name }) => name);
  const shape = graph.outputs.find(({ name }) => name === output)?.shape;
  if (shape === undefined) {
    const { words, data } = suggestionFor(output, names);
    throw badUserInput('target.output', `The model has no output “${output}”.${words}`, data);
  }
  const width = shape
    .slice(1)
    .reduce((size: number | null, dim) => (size === null || dim === null ? null : size * dim), 1);
  if (index < 0 || index >= (width ?? Number.POSITIVE_INFINITY))
    throw badUserInput('target.index', `\`target.index\` is ${index}; a row of “${output}” has ${width} elements.`);
  return output === score.output && index === score.index ? undefined : { output, index };
}

/** What is explained, of a model’s outputs. Throws BAD_USER_INPUT. */
export function outputTarget(model: ModelRow, target: Optional<TargetArgument>): OutputTarget {
  const element = scoreTarget(model, target);
  const space = target?.space ?? 'LOGIT';
  return element === undefined ? { space } : { element, space };
}
