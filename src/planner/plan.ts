import { type PartQuestion, partsOf, type Question } from '../analysis/question.ts';
import type { RowSelection } from '../data/types.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { ModelRow } from '../store/models.ts';
import { answerDigest, canonicalJson, keyOf } from './question.ts';

/** What a question is about. */
export type Target = RowsTarget | WeightsTarget | DatasetTarget;

/** A model and rows, and perhaps the model that it is compared with on them. */
export interface RowsTarget {
  readonly model: ModelRow;
  readonly base?: ModelRow;
  readonly dataset: DatasetRow;
  readonly rows: RowSelection;
}

/** The weights of a model. */
export interface WeightsTarget {
  readonly model: ModelRow;
  readonly base?: never;
  readonly dataset: null;
  readonly rows: null;
}

/** Rows alone. */
export interface DatasetTarget {
  readonly model: null;
  readonly base?: never;
  readonly dataset: DatasetRow;
  readonly rows: RowSelection;
}

/** What its parts are about beside that, by the names that its analysis knows: training rows, a base model. */
export type OtherTargets = Readonly<Record<string, Target>>;

/** A question with its key and the questions whose results it needs. */
export interface KeyedQuestion {
  readonly key: string;
  readonly kind: Question<never, unknown>['kind'];
  readonly name: string;
  readonly spec: unknown;
  readonly target: Target;
  readonly parts: readonly KeyedQuestion[];
  /** Whose rows it reads beside its target's. */
  readonly roles?: OtherTargets;
}

/** The key covers whatever the parts are about, since theirs do. */
export function keyed(asked: PartQuestion, target: Target, others: OtherTargets = {}): KeyedQuestion {
  const { question, spec } = asked;
  const { kind, name, version } = question;
  const parts = partsOf(asked).map((part) => {
    return keyed(part, part.over === undefined ? target : otherTarget(name, part.over, others), others);
  });
  const roles =
    question.roles && Object.fromEntries(question.roles.map((role) => [role, otherTarget(name, role, others)]));
  const { model, base, dataset, rows } = target;
  const key = keyOf({
    modelDigest: model && answerDigest(model),
    baseDigest: base && answerDigest(base),
    datasetDigest: dataset?.digest ?? null,
    rows,
    analysis: name,
    version,
    spec,
    partKeys: parts.map((part) => part.key),
    roles: roles && Object.entries(roles).map(([role, about]) => [role, about.dataset?.digest ?? null, about.rows]),
  });
  return { key, kind, name, spec, target, parts, ...(roles && { roles }) };
}

function otherTarget(name: string, role: string, others: OtherTargets): Target {
  const about = others[role];
  if (about === undefined) throw new Error(`${name} was asked without “${role}”`);
  return about;
}

const isReading = ({ kind }: KeyedQuestion): boolean => kind === 'reading';

/** Rows that are selected, or more where only reading them could tell. */
export function rowCountOf({ dataset, rows }: Target): number {
  if (dataset === null) return 0;
  if (rows.partitions === null) return dataset.rowCount;
  const selected = new Set(rows.partitions);
  return dataset.partitions.reduce((sum, { name, rowCount }) => sum + (selected.has(name) ? rowCount : 0), 0);
}

/** A pass to be: one target, mostly a model over a selection of rows, for all that was asked of them. */
export interface PassPlan {
  readonly target: Target;
  readonly analyses: readonly KeyedQuestion[];
  readonly readings: readonly KeyedQuestion[];
}

/** A question that other passes must go before. */
export interface WaitingQuestion {
  readonly question: KeyedQuestion;
  /** Keys of their questions that it waits for. */
  readonly after: readonly string[];
}

export interface Plan {
  readonly passes: readonly PassPlan[];
  /** Each group would share a pass, and is to be planned again together when all that it waits for is there. */
  readonly waiting: readonly (readonly WaitingQuestion[])[];
}

/** Step 2: the fewest passes that answer these questions or parts of them, when the results `kept` need none. */
export function planPasses(questions: readonly KeyedQuestion[], kept: ReadonlySet<string>): Plan {
  const needed = uniqueByKey(questions.flatMap((question) => stillNeeded(question, kept)));
  const isReady = (question: KeyedQuestion): boolean => partsAreReady(question, kept);
  const passes = byTarget(needed.filter(isReady), ({ target }) => target).map((group) => ({
    target: (group[0] as KeyedQuestion).target,
    analyses: group.filter((question) => !isReading(question)),
    readings: group.filter(isReading),
  }));
  const waiting = uniqueByKey(questions)
    .filter((question) => !kept.has(question.key) && !isReady(question))
    .map((question) => ({
      question,
      after: stillNeeded(question, kept)
        .filter(isReady)
        .map(({ key }) => key),
    }));
  return { passes, waiting: byTarget(waiting, ({ question }) => question.target) };
}

/** The question and what it is made of, parts first, without what is kept. */
export const stillNeeded = (question: KeyedQuestion, kept: ReadonlySet<string>): KeyedQuestion[] =>
  kept.has(question.key) ? [] : uniqueByKey([...question.parts.flatMap((part) => stillNeeded(part, kept)), question]);

/** A reading may read what an analysis of its own pass computes; whatever else is needed must be there. */
const partsAreReady = (whole: KeyedQuestion, kept: ReadonlySet<string>): boolean =>
  whole.parts.every(
    (part) =>
      kept.has(part.key) ||
      (isReading(whole) &&
        !isReading(part) &&
        passOf(part.target) === passOf(whole.target) &&
        partsAreReady(part, kept)),
  );

const passOf = ({ model, base, dataset, rows }: Target): string =>
  canonicalJson([model?.id ?? null, base?.id ?? null, dataset?.id ?? null, rows]);

function byTarget<One>(all: readonly One[], targetOf: (one: One) => Target): One[][] {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const pass = passOf(targetOf(one));
    groups.set(pass, [...(groups.get(pass) ?? []), one]);
  }
  return [...groups.values()];
}

const uniqueByKey = (questions: readonly KeyedQuestion[]): KeyedQuestion[] => [
  ...new Map(questions.map((question) => [question.key, question])).values(),
];
