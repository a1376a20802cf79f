import type { AttributionSpec } from '../analysis/attributions/method.ts';
import { rowPage } from '../analysis/columns/row-page.ts';
import { type ExplanationsResult, explanations } from '../analysis/explanations.ts';
import { type DatasetRow, readRowsAt } from '../data/page.ts';
import { badUserInput } from '../errors.ts';
import type { ExplainCall } from '../pass/protocol.ts';
import type { Provenance as Origin } from '../planner/question.ts';
import { type About, ask, askRows, datasetAsked, type RowsArgument } from '../questions/ask.ts';
import { atOnce, writtenRows } from '../questions/at-once.ts';
import { attributionSpec } from '../questions/attribution-spec.ts';
import { baselineRowsOf, baselinesAmong, baselinesOf } from '../questions/baselines.ts';
import { type ExplanationOfRow, explanationsFrom } from '../questions/explanations.ts';
import { outputTarget } from '../questions/targets.ts';
import type { ModelRow } from '../store/models.ts';
import { AttributionOptions } from './attribution-options.ts';
import { builder } from './builder.ts';
import { type Connection, type ConnectionArguments, cursorOf, pageAsked } from './connection.ts';
import { connectionType } from './connection-types.ts';
import type { Context } from './context.ts';
import { AttributionMethod } from './enums.ts';
import { Explanation } from './explanation.ts';
import { Provenance } from './provenance.ts';
import { Model } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { TargetInput } from './target.ts';

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

/** Whether what one row gets depends on which others are selected. */
const isOfAllRows = ({ method, baseline }: AttributionSpec): boolean =>
  method === 'FEATURE_PERMUTATION' || baseline?.kind === 'MEAN';

/** Only the rows of the page are run, where the method lets them. Rows that the model cannot take make a page shorter with `invalid: SKIP`. */
async function pageOf(
  model: ModelRow,
  rows: RowsArgument,
  spec: AttributionSpec,
  others: NonNullable<About['others']>,
  args: ConnectionArguments,
  context: Context,
): Promise<ExplanationPage> {
  const dataset = await datasetAsked(context, rows);
  const { limit, after = -1 } = pageAsked(args);
  const asked = { after, count: limit + 1 };
  const { indexes: found, totalCount } = await askRows(context, rowPage, asked, rows);
  if (found.length === 0 && args.after == null)
    throw badUserInput('rows', 'No row satisfies rows: its partitions and filters together select nothing.');
  const indexes = found.slice(0, limit);
  // An empty page still says how it came to be: by the row beside it.
  const only = indexes.length > 0 ? indexes : [found[0] ?? after];
  const [how, read] = isOfAllRows(spec) ? [{ ...spec, explained: only }, rows] : [spec, { ...rows, only }];
  const { value, provenance } = await ask(context, explanations, how, { model, rows: read, others });
  const explained = await readRowsAt(dataset, indexes.length > 0 ? [...value.row] : []);
  const edges = explanationsFrom(model, value, explained, ({ values }, { column }) => values[column]).map((node) => ({
    cursor: cursorOf(node.row.index),
    node,
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > limit,
      hasPreviousPage: args.after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: found.length > limit ? cursorOf(indexes.at(-1) as number) : (edges.at(-1)?.cursor ?? null),
    },
    totalCount,
    provenance,
  };
}

async function explanationsOfWritten(
  model: ModelRow,
  rows: readonly unknown[],
  spec: AttributionSpec,
  baselines: RowsArgument | undefined,
  context: Context,
): Promise<ExplanationOfRow[]> {
  const written = writtenRows(rows);
  if (written.length === 0) return [];
  const { artifact, graph, manifest } = model;
  const call: ExplainCall = {
    model: { artifact, graph, manifest },
    rows: written,
    spec,
    ...(baselines && { baselines: (await baselinesAmong(context, model, baselines)).value }),
    environment: context.environment,
  };
  const result = (await atOnce(context, 'explain', call)) as ExplanationsResult;
  const shown = written.map((values, index) => ({ index, partition: null, label: null, values }) as DatasetRow);
  return explanationsFrom(model, result, shown, ({ values }, { name }) => values[name]);
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
      options: t.arg({ type: AttributionOptions, description: 'Of the method.' }),
      target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
      first: t.arg.int({ defaultValue: 20, description: 'So many rows, up to 200.' }),
      after: t.arg.string({ description: 'Only rows after this cursor.' }),
    },
    resolve: async (model, { rows, target, first, after, ...how }, context) => {
      const spec = await attributionSpec(context, model, how, 'INTEGRATED_GRADIENTS', outputTarget(model, target));
      return pageOf(model, rows, spec, baselinesOf(model, how), { first, after }, context);
    },
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
        description: 'Feature name to raw value, at most 1,000 rows; missing features take their missing value.',
      }),
      method: t.arg({
        type: AttributionMethod,
        defaultValue: 'INTEGRATED_GRADIENTS',
        description: 'How attributions are made.',
      }),
      options: t.arg({ type: AttributionOptions, description: 'Of the method.' }),
      target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
    },
    resolve: async (model, { rows, target, ...how }, context) => {
      const spec = await attributionSpec(context, model, how, 'INTEGRATED_GRADIENTS', outputTarget(model, target));
      return explanationsOfWritten(model, rows, spec, baselineRowsOf(model, how), context);
    },
  }),
}));
