import type { ScoreTarget } from '../analysis/score.ts';
import type { OutputTarget } from '../analysis/target.ts';
import { badUserInput } from '../errors.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import { TargetSpace } from './enums.ts';

export const TargetInput = builder.inputType('TargetInput', {
  description: 'What is explained: the manifest’s score, as a logit, unless said otherwise.',
  fields: (t) => ({
    output: t.string({ description: 'Name of an output; the score’s when omitted.' }),
    index: t.int({
      description: 'Position in a row of that output; the score’s, or 0 of another output, when omitted.',
    }),
    space: t.field({
      type: TargetSpace,
      defaultValue: 'LOGIT',
      description: 'Of attributions, interactions, responses; measures of quality read the score and ignore it.',
    }),
  }),
});

/** The element that is scored instead of the manifest's; undefined when it is the same. Throws BAD_USER_INPUT. */
export function scoreTarget(
  { graph, manifest: { score } }: ModelRow,
  target: { output?: string | null | undefined; index?: number | null | undefined } | null | undefined,
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
export function outputTarget(model: ModelRow, target: typeof TargetInput.$inferInput | null | undefined): OutputTarget {
  const element = scoreTarget(model, target);
  const space = target?.space ?? 'LOGIT';
  return element === undefined ? { space } : { element, space };
}
