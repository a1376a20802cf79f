import { builder } from './builder/builder.ts';
import { Scope } from './shared/enums.ts';

interface Asking {
  readonly keyName: string | null;
  readonly scopes: readonly ('READ' | 'ANALYZE' | 'ADMIN')[];
}

const Viewer = builder.objectRef<Asking>('Viewer').implement({
  description: 'Who is asking, and what they may do.',
  fields: (t) => ({
    keyName: t.exposeString('keyName', {
      nullable: true,
      description: 'Name of the asker’s key; null on a keyless server.',
    }),
    scopes: t.field({ type: [Scope], description: 'What the asker may do.', resolve: ({ scopes }) => scopes }),
  }),
});

builder.queryFields((t) => ({
  viewer: t.field({
    type: Viewer,
    description: 'Who is asking.',
    resolve: () => ({ keyName: null, scopes: ['READ', 'ANALYZE', 'ADMIN'] as const }),
  }),
}));
