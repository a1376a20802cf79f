import { part, type Question } from '../analysis/question.ts';
import { type RowsInput, selectRows } from '../data/rows.ts';
import { type KeyedQuestion, keyed, type RowsTarget, type Target } from '../planner/plan.ts';
import type { Answer } from '../planner/question.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { ModelRow } from '../store/models.ts';
import type { Asker } from './asker.ts';
import { missingDataset } from './missing.ts';

/** `RowsInput` of the schema. */
export interface RowsArgument extends RowsInput {
  readonly dataset: string;
  readonly version?: string | null | undefined;
}

/** A model, and rows to ask about it. */
export interface ModelOnRows {
  readonly model: ModelRow;
  readonly rows: RowsArgument;
}

/** What a question is about. */
export interface About extends ModelOnRows {
  /** The model that it is compared with on these rows. */
  readonly base?: ModelRow;
  /** What its parts are about, where that is something else, by the names that its analysis knows. */
  readonly others?: Readonly<Record<string, ModelOnRows>>;
}

/** Asks the planner about a model and rows, and waits. Throws NOT_FOUND and BAD_USER_INPUT for rows that do not exist. */
export function ask<Spec, Result>(
  asker: Asker,
  question: Question<Spec, Result>,
  spec: NoInfer<Spec>,
  { model, rows, base, others = {} }: About,
): Promise<Answer<Result>> {
  const target = targetOf(asker, model, rows).then((own): Target => ({ ...own, ...(base && { base }) }));
  const ofParts = Object.entries(others).map(
    async ([name, other]) => [name, await targetOf(asker, other.model, other.rows)] as const,
  );
  return asker.branch.waitFor(answerAbout(asker, question, spec, target, ofParts));
}

/** The same about rows alone; `others`: rows beside them, by the roles that the question knows. */
export function askRows<Spec, Result>(
  asker: Asker,
  question: Question<Spec, Result>,
  spec: NoInfer<Spec>,
  rows: RowsArgument,
  others: Readonly<Record<string, RowsArgument>> = {},
): Promise<Result> {
  const target = selectedRows(asker, rows).then((own): Target => ({ model: null, ...own }));
  const ofRoles = Object.entries(others).map(
    async ([role, other]) => [role, { model: null, ...(await selectedRows(asker, other)) }] as const,
  );
  const answer = answerAbout(asker, question, spec, target, ofRoles);
  return asker.branch.waitFor(answer.then(({ value }) => value));
}

/** When it is known what a question is about, and what its other targets are. */
async function answerAbout<Spec, Result>(
  asker: Asker,
  question: Question<Spec, Result>,
  spec: NoInfer<Spec>,
  own: Promise<Target>,
  ofOthers: readonly Promise<readonly [name: string, target: Target]>[],
): Promise<Answer<Result>> {
  const [target, ...others] = await Promise.all([own, ...ofOthers]);
  const identity = JSON.stringify([
    question.name,
    spec,
    idsOf(target),
    others.map(([name, one]) => [name, idsOf(one)]),
  ]);
  return answerTo<Result>(asker, identity, () => keyed(part(question, spec), target, Object.fromEntries(others)));
}

/** The same about a table of a model's weights, without rows. */
export function askTable<Spec, Result>(
  asker: Asker,
  question: Question<Spec, Result>,
  spec: NoInfer<Spec>,
  model: ModelRow,
): Promise<Answer<Result>> {
  const identity = JSON.stringify([question.name, spec, model.id]);
  const asked = () => keyed(part(question, spec), { model, dataset: null, rows: null });
  return asker.branch.waitFor(answerTo<Result>(asker, identity, asked));
}

/** The same question is asked once in a request. `identity`: equal where it is; cheaper than its key. */
async function answerTo<Result>(
  { answers, planner, scope }: Asker,
  identity: string,
  asked: () => KeyedQuestion,
): Promise<Answer<Result>> {
  const answer = answers.get(identity) ?? planner.request(asked(), scope);
  answers.set(identity, answer);
  return (await answer) as Answer<Result>;
}

async function targetOf(asker: Asker, model: ModelRow, rows: RowsArgument): Promise<RowsTarget> {
  return { model, ...(await selectedRows(asker, rows)) };
}

/** Throws NOT_FOUND and BAD_USER_INPUT for rows that do not exist. */
export async function selectedRows(asker: Asker, rows: RowsArgument): Promise<Pick<RowsTarget, 'dataset' | 'rows'>> {
  const dataset = await datasetAsked(asker, rows);
  const partitions = dataset.partitions.map(({ name }) => name);
  return { dataset, rows: selectRows(dataset, partitions, rows) };
}

const idsOf = ({ model, base, dataset, rows }: Target): unknown[] => [model?.id, base?.id, dataset?.id, rows];

/**
 * The same dataset in many places of a query is looked up once, as a branch of its own: whoever asks something else meanwhile waits for
 * what is asked next, also within one branch. Throws NOT_FOUND.
 */
export function datasetAsked(asker: Asker, rows: RowsArgument): Promise<DatasetRow> {
  const { datasets, scope } = asker;
  const key = JSON.stringify([rows.dataset, rows.version ?? null]);
  const known = datasets.get(key) ?? scope.run(() => existingDataset(asker, rows));
  datasets.set(key, known);
  return known;
}

async function existingDataset({ database, lookups }: Asker, rows: RowsArgument): Promise<DatasetRow> {
  const dataset = await lookups.dataset({ name: rows.dataset, version: rows.version });
  if (dataset !== undefined) return dataset;
  throw await missingDataset(database.db, { name: rows.dataset, version: rows.version });
}
