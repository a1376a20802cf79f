import { isReading, readingNamed, versionOf } from '../analysis/registry.ts';
import type { RowSelection } from '../data/types.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { ModelRow } from '../store/models.ts';
import { canonicalJson, keyOf } from './question.ts';

/** What a question is about. */
export interface Target {
  readonly model: ModelRow;
  readonly dataset: DatasetRow;
  readonly rows: RowSelection;
}

/** A question with its key. A reading carries the question whose result it reads. */
export interface KeyedQuestion {
  readonly key: string;
  readonly name: string;
  readonly spec: unknown;
  readonly target: Target;
  readonly part?: KeyedQuestion;
}

export function keyed(name: string, spec: unknown, target: Target): KeyedQuestion {
  const { model, dataset, rows } = target;
  const key = keyOf({
    modelDigest: model.digest,
    datasetDigest: dataset.digest,
    rows,
    analysis: name,
    version: versionOf(name),
    spec,
  });
  if (!isReading(name)) return { key, name, spec, target };
  const reading = readingNamed(name);
  return { key, name, spec, target, part: keyed(reading.of, reading.partSpec(spec), target) };
}

/** Rows that are selected, or more where only reading them could tell. */
export function rowCountOf({ dataset, rows }: Target): number {
  if (rows.partitions === null) return dataset.rowCount;
  const selected = new Set(rows.partitions);
  return dataset.partitions.reduce((sum, { name, rowCount }) => sum + (selected.has(name) ? rowCount : 0), 0);
}

/** A pass to be: one model over one selection of rows, for all that was asked of them. */
export interface PassPlan {
  readonly target: Target;
  readonly analyses: readonly KeyedQuestion[];
  readonly readings: readonly KeyedQuestion[];
}

/** Step 2: the fewest passes that answer these questions, when the results `kept` need none. */
export function planPasses(questions: readonly KeyedQuestion[], kept: ReadonlySet<string>): PassPlan[] {
  const open = uniqueByKey(questions).filter(({ key }) => !kept.has(key));
  const groups = new Map<string, KeyedQuestion[]>();
  for (const question of open) {
    const { model, dataset, rows } = question.target;
    const group = canonicalJson([model.id, dataset.id, rows]);
    groups.set(group, [...(groups.get(group) ?? []), question]);
  }
  return [...groups.values()].map((group) => {
    const readings = group.filter(({ part }) => part !== undefined);
    const parts = readings.flatMap(({ part }) => (part === undefined || kept.has(part.key) ? [] : [part]));
    return {
      target: (group[0] as KeyedQuestion).target,
      analyses: uniqueByKey([...group.filter(({ part }) => part === undefined), ...parts]),
      readings,
    };
  });
}

const uniqueByKey = (questions: readonly KeyedQuestion[]): KeyedQuestion[] => [
  ...new Map(questions.map((question) => [question.key, question])).values(),
];
