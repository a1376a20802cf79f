import type { ScoreBinding as Binding } from '../../data/manifest/manifest.ts';
import { builder } from '../builder/builder.ts';
import { ScoreSpace } from '../shared/enums.ts';

export const ScoreBinding = builder.objectRef<Binding>('ScoreBinding').implement({
  description: 'Where a model’s prediction is found in its outputs.',
  fields: (t) => ({
    output: t.exposeString('output', { description: 'Name of the output tensor.' }),
    index: t.exposeInt('index', { description: 'Position in a row of that output.' }),
    space: t.field({ type: ScoreSpace, description: 'What the number means.', resolve: ({ space }) => space }),
    logitTensor: t.string({
      nullable: true,
      description: 'The tensor that holds the logit, where the graph has one.',
      resolve: ({ logit }) => logit ?? null,
    }),
  }),
});
