import type { ExecutorInfo } from '../../compute/executor.ts';
import { allExecutors } from '../../compute/executors.ts';
import { builder } from '../builder/builder.ts';
import { ExecutorName, ModelFormat } from '../shared/enums.ts';

export const Executor = builder.objectRef<ExecutorInfo>('Executor').implement({
  description: 'A compute backend as it is on this server.',
  fields: (t) => ({
    name: t.field({ type: ExecutorName, description: 'Name of the backend.', resolve: ({ name }) => name }),
    version: t.exposeString('version', { description: 'Version of the runtime, e.g. 1.30.0.' }),
    device: t.exposeString('device', {
      description: 'What really computes: e.g. cpu, cuda, tensorflow (native binding), wasm.',
    }),
    formats: t.field({
      type: [ModelFormat],
      description: 'The models that it opens.',
      resolve: ({ formats }) => formats,
    }),
    available: t.exposeBoolean('available', { description: 'Whether models can be asked through it.' }),
    note: t.exposeString('note', {
      nullable: true,
      description: 'Why it is not available, or which slower device stands in, and how to mend that.',
    }),
  }),
});

builder.queryField('executors', (t) =>
  t.field({
    type: [Executor],
    description: 'The compute backends of this server.',
    resolve: async () => (await allExecutors()).map(({ info }) => info),
  }),
);
