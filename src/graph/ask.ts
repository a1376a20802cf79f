import { type RowsInput, selectRows } from '../data/rows.ts';
import { type KeyedQuestion, keyed, type RowsTarget, type Target } from '../planner/plan.ts';
import type { Answer } from '../planner/question.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { ModelRow } from '../store/models.ts';
import type { Context } from './context.ts';
import { missingDataset } from './missing.ts';

/** `RowsInput` of the schema. */
export interface RowsArgument extends RowsInput {
  readonly dataset: string;
  readonly version?: string | null | undefined;
}

/** What the parts of a question are about, where that is not what the question is about. */
export type OtherRows = Readonly<Record<string, { readonly model: ModelRow; readonly rows: RowsArgument }>>;

/** Asks the planner about a model and rows, and waits. Throws NOT_FOUND and BAD_USER_INPUT for rows that do not exist. */
export function ask<Result>(
  context: Context,
  analysis: string,
  spec: object,
  model: ModelRow,
  rows: RowsArgument,
  otherRows: OtherRows = {},
  base?: ModelRow,
): Promise<Answer<Result>> {
  // Whoever asks something else beside this waits for it, while its rows are still being looked up.
  const targets = context.scope.run(async () => {
    const target = { ...(await targetOf(context, model, rows)), ...(base && { base }) };
    const others: Record<string, Target> = {};
    for (const [name, other] of Object.entries(otherRows))
      others[name] = await targetOf(context, other.model, other.rows);
    return { target, others };
  });
  const asked = async (): Promise<Answer<Result>> => {
    const { target, others } = await targets;
    const question = JSON.stringify([analysis, spec, idsOf(target), Object.entries(others).map(([name, other]) => [name, idsOf(other)])]);
    return answerTo(context, question, () => keyed(analysis, spec, target, others));
  };
  return context.branch.waitFor(asked());
}

/** The same about a table of a model's weights, without rows. */
export const askTable = <Result>(
  context: Context,
  analysis: string,
  spec: object,
  model: ModelRow,
): Promise<Answer<Result>> =>
  context.branch.waitFor(
    answerTo(context, JSON.stringify([analysis, spec, model.id]), () =>
      keyed(analysis, spec, { model, dataset: null, rows: null }),
    ),
  );

/** The same question is asked once in a request. */
async function answerTo<Result>(context: Context, question: string, ask: () => KeyedQuestion): Promise<Answer<Result>> {
  const answer = context.answers.get(question) ?? context.planner.request(ask(), context.scope);
  context.answers.set(question, answer);
  return (await answer) as Answer<Result>;
}

async function targetOf(context: Context, model: ModelRow, rows: RowsArgument): Promise<RowsTarget> {
  const dataset = await datasetAsked(context, rows);
  const partitions = dataset.partitions.map(({ name }) => name);
  return { model, dataset, rows: selectRows(dataset, partitions, rows) };
}

const idsOf = ({ model, base, dataset, rows }: Target): unknown[] => [model.id, base?.id, dataset?.id, rows];

/** The same dataset in many places of a query is looked up once. Throws NOT_FOUND. */
export function datasetAsked(context: Context, rows: RowsArgument): Promise<DatasetRow> {
  const { datasets } = context;
  const key = JSON.stringify([rows.dataset, rows.version ?? null]);
  const known = datasets.get(key) ?? existingDataset(context, rows);
  datasets.set(key, known);
  return known;
}

async function existingDataset({ database, lookups }: Context, rows: RowsArgument): Promise<DatasetRow> {
  const dataset = await lookups.dataset({ name: rows.dataset, version: rows.version });
  if (dataset !== undefined) return dataset;
  throw await missingDataset(database.db, { name: rows.dataset, version: rows.version });
}
