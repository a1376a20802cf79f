import type { KeyedQuestion, PassPlan, Target } from './plan.ts';

/** A planned pass, as `extensions.plan` shows it. */
export interface DescribedPass {
  /** null: about rows alone. */
  readonly model: string | null;
  /** The model that it is compared with; null mostly. */
  readonly base: string | null;
  /** null: over the model’s weights. */
  readonly dataset: string | null;
  readonly rows: unknown;
  readonly analyses: readonly DescribedQuestion[];
  readonly readings: readonly DescribedQuestion[];
  /** The job that runs it; null when other passes already compute all of it. */
  readonly job: string | null;
}

export interface DescribedQuestion {
  readonly name: string;
  readonly spec: unknown;
  readonly key: string;
  /** Keys of the results that it is made of. */
  readonly parts: readonly string[];
}

export function describePass({ target, analyses, readings }: PassPlan, job: string | null): DescribedPass {
  return {
    model: target.model === null ? null : nameOf(target.model),
    base: target.base === undefined ? null : nameOf(target.base),
    dataset: target.dataset === null ? null : nameOf(target.dataset),
    rows: target.rows,
    analyses: analyses.map(described),
    readings: readings.map(described),
    job,
  };
}

const described = ({ name, spec, key, parts }: KeyedQuestion): DescribedQuestion => ({
  name,
  spec,
  key,
  parts: parts.map((part) => part.key),
});

/** The same for a person's eye: passes as boxes, arrows from what is read to what reads it. */
export function mermaidOf(passes: readonly DescribedPass[]): string {
  const lines = passes.flatMap(({ model, base, dataset, analyses, readings }, at) => [
    `  subgraph pass${at}["${aboutOf(model, base, dataset)}"]`,
    ...analyses.map(({ key, name, spec }) => `    ${idOf(key)}["${labelOf(name, spec)}"]`),
    ...readings.map(({ key, name, spec }) => `    ${idOf(key)}(["${labelOf(name, spec)}"])`),
    '  end',
    ...[...analyses, ...readings].flatMap(({ key, parts }) => parts.map((part) => `  ${idOf(part)} --> ${idOf(key)}`)),
  ]);
  return ['flowchart LR', ...lines].join('\n');
}

export function titleOf(target: Target, questions: readonly KeyedQuestion[]): string {
  const names = [...new Set(questions.map(({ name }) => name))].join(', ');
  const { model, base, dataset } = target;
  return `${names} of ${aboutOf(model ? nameOf(model) : null, base ? nameOf(base) : null, dataset ? nameOf(dataset) : null)}`;
}

const aboutOf = (model: string | null, base: string | null, dataset: string | null): string =>
  model === null
    ? `rows of ${dataset}`
    : `${model}${base === null ? '' : ` and ${base}`} over ${dataset ?? 'its weights'}`;

const nameOf = ({ name, version }: { name: string; version: string }): string => `${name} ${version}`;
const idOf = (key: string): string => `q${key.slice(0, 12)}`;
const labelOf = (name: string, spec: unknown): string =>
  [name, ...Object.values(spec as object)].join(' ').replaceAll('"', '#quot;');
