import type { Provenance as Origin } from '../../planner/question.ts';
import {
  type ExplanationPageAsked,
  explanationPage,
  explanationsOfWritten,
} from '../../questions/attributions/explanation-pages.ts';
import type { ExplanationOfRow } from '../../questions/attributions/explanations.ts';
import type { ModelRow } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { type Connection, type ConnectionArguments, cursorOf, pageAsked } from '../builder/connection.ts';
import { connectionType } from '../builder/connection-types.ts';
import type { Context } from '../builder/context.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { AttributionMethod } from '../shared/enums.ts';
import { Provenance } from '../shared/provenance.ts';
import { Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';
import { AttributionOptions } from './attribution-options.ts';
import { Explanation } from './explanation.ts';

interface ExplanationPage extends Connection<ExplanationOfRow> {
  readonly provenance: Origin;
}

const { connection: ExplanationConnection } = connectionType('Explanation', Explanation, 'SafeInt');
builder.objectField(ExplanationConnection, 'provenance', (t) =>
  t.field({
    type: Provenance,
    description: 'How the explanations of this page came to be.',
    resolve: (page) => (page as ExplanationPage).provenance,
  }),
);

async function pageOf(
  model: ModelRow,
  asked: Omit<ExplanationPageAsked, 'after' | 'count'>,
  args: ConnectionArguments,
  context: Context,
): Promise<ExplanationPage> {
  const { limit, after } = pageAsked(args);
  const { explained, lastIndex, hasMore, totalCount, provenance } = await explanationPage(context, model, {
    ...asked,
    after,
    count: limit,
  });
  const edges = explained.map((node) => ({ cursor: cursorOf(node.row.index), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: hasMore,
      hasPreviousPage: args.after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: hasMore ? cursorOf(lastIndex as number) : (edges.at(-1)?.cursor ?? null),
    },
    totalCount,
    provenance,
  };
}

builder.objectFields(Model, (t) => ({
  explanations: t.field({
    type: ExplanationConnection,
    nullable: true,
    description: 'One explanation for each row, in row order.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      method: t.arg({
        type: AttributionMethod,
        defaultValue: 'INTEGRATED_GRADIENTS',
        description: 'How attributions are made.',
      }),
      options: t.arg({ type: AttributionOptions, description: 'Options of the method.' }),
      target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
      first: t.arg.int({ defaultValue: 20, description: 'The largest number of rows, up to 200.' }),
      after: t.arg.string({ description: 'Only rows after this cursor.' }),
    },
    resolve: (model, { first, after, ...asked }, context) => pageOf(model, asked, { first, after }, context),
  }),
  explanationsOf: t.field({
    type: [Explanation],
    nullable: true,
    description:
      'Explain rows written by hand, at once: nothing is kept. `row.index` is the position in the list; `row.values` are the features as they were written.',
    args: {
      rows: t.arg({
        type: ['JSON'],
        required: true,
        description: 'Raw values by feature name, at most 1,000 rows; missing features take their missing value.',
      }),
      method: t.arg({
        type: AttributionMethod,
        defaultValue: 'INTEGRATED_GRADIENTS',
        description: 'How attributions are made.',
      }),
      options: t.arg({ type: AttributionOptions, description: 'Options of the method.' }),
      target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
    },
    resolve: (model, { rows, ...asked }, context) => explanationsOfWritten(context, model, rows, asked),
  }),
}));
