import { summarizeResults } from '../store/results.ts';
import { builder } from './builder/builder.ts';

interface Summary {
  readonly resultCount: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
}

const CacheSummary = builder.objectRef<Summary>('CacheSummary').implement({
  description: 'What is kept of earlier computations.',
  fields: (t) => ({
    resultCount: t.field({
      type: 'SafeInt',
      description: 'Results that are kept.',
      resolve: (cache) => cache.resultCount,
    }),
    bytes: t.field({
      type: 'SafeInt',
      description: 'Bytes of their values and score files.',
      resolve: ({ bytes }) => bytes,
    }),
    hits: t.field({
      type: 'SafeInt',
      description: 'Questions answered from the store since this server started.',
      resolve: ({ hits }) => hits,
    }),
    misses: t.field({
      type: 'SafeInt',
      description: 'Questions that had to be computed since this server started.',
      resolve: ({ misses }) => misses,
    }),
  }),
});

builder.queryFields((t) => ({
  cache: t.field({
    type: CacheSummary,
    nullable: true,
    description: 'The store of results.',
    resolve: async (_, __, { database, planner }) => ({ ...(await summarizeResults(database.db)), ...planner.counts }),
  }),
}));
