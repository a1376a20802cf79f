import { builder } from '../builder/builder.ts';
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
      description:
        'The scale of attributions, interactions and responses; measures of quality read the score and ignore it.',
    }),
  }),
});
