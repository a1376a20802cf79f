import { type RowsInput, selectRows } from '../data/rows.ts';
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

/** Asks the planner about a model and rows, and waits. Throws NOT_FOUND and BAD_USER_INPUT for rows that do not exist. */
export async function ask<Result>(
  context: Context,
  analysis: string,
  spec: object,
  model: ModelRow,
  rows: RowsArgument,
): Promise<Answer<Result>> {
  const dataset = await datasetAsked(context, rows);
  const selection = selectRows(
    dataset,
    dataset.partitions.map(({ name }) => name),
    rows,
  );
  const question = JSON.stringify([analysis, spec, model.id, dataset.id, selection]);
  const answer =
    context.answers.get(question) ??
    context.planner.request(analysis, spec, { model, dataset, rows: selection }, context.scope);
  context.answers.set(question, answer);
  // Who waits for an answer asks nothing more until it is there.
  context.scope.leave();
  try {
    return (await answer) as Answer<Result>;
  } finally {
    context.scope.enter();
  }
}

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
