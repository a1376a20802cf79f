import type { KeyedQuestion, PassPlan, Target } from './plan.ts';

/** A planned pass, as `extensions.plan` shows it. */
export interface DescribedPass {
  readonly model: string;
  readonly dataset: string;
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
  /** Of a reading: the key of the result that it reads. */
  readonly of?: string;
}

export function describePass({ target, analyses, readings }: PassPlan, job: string | null): DescribedPass {
  return {
    model: nameOf(target.model),
    dataset: nameOf(target.dataset),
    rows: target.rows,
    analyses: analyses.map(({ name, spec, key }) => ({ name, spec, key })),
    readings: readings.map(({ name, spec, key, part }) => ({ name, spec, key, ...(part && { of: part.key }) })),
    job,
  };
}

/** The same for a person's eye: passes as boxes, arrows from what is read to what reads it. */
export function mermaidOf(passes: readonly DescribedPass[]): string {
  const lines = passes.flatMap(({ model, dataset, analyses, readings }, at) => [
    `  subgraph pass${at}["${model} over ${dataset}"]`,
    ...analyses.map(({ key, name, spec }) => `    ${idOf(key)}["${labelOf(name, spec)}"]`),
    ...readings.map(({ key, name, spec }) => `    ${idOf(key)}(["${labelOf(name, spec)}"])`),
    '  end',
    ...readings.map(({ key, of }) => `  ${idOf(of ?? '')} --> ${idOf(key)}`),
  ]);
  return ['flowchart LR', ...lines].join('\n');
}

export function titleOf(target: Target, questions: readonly KeyedQuestion[]): string {
  const names = [...new Set(questions.map(({ name }) => name))].join(', ');
  return `${names} of ${nameOf(target.model)} over ${nameOf(target.dataset)}`;
}

const nameOf = ({ name, version }: { name: string; version: string }): string => `${name} ${version}`;
const idOf = (key: string): string => `q${key.slice(0, 12)}`;
const labelOf = (name: string, spec: unknown): string =>
  [name, ...Object.values(spec as object)].join(' ').replaceAll('"', '#quot;');
