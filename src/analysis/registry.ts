import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Analysis, Reading } from './analysis.ts';
import type { Question } from './question.ts';
import type { TableAnalysis, TableSpec } from './tables/table-analysis.ts';

/** What answers a question, by its kind. Specifications and results are typed where the analysis is; here they are only passed on. */
export interface AnalysisOfKind {
  fold: Analysis<unknown, unknown, unknown, readonly unknown[]>;
  reading: Reading<unknown, readonly unknown[], unknown>;
  table: TableAnalysis<TableSpec, unknown, unknown>;
}
export type AnyAnalysis = AnalysisOfKind[keyof AnalysisOfKind];

const kinds: Readonly<Record<Question<never, unknown>['kind'], true>> = { fold: true, reading: true, table: true };

/** Every analysis that a file of this folder exports, by name: a new one is found, and need not be told of. */
const analyses: ReadonlyMap<string, AnyAnalysis> = new Map(
  (await modulesOfFolder())
    .flatMap((module) => Object.values(module))
    .filter(isAnalysis)
    .map((analysis) => [analysis.name, analysis]),
);

export function analysisNamed(name: string): AnyAnalysis {
  const found = analyses.get(name);
  if (found === undefined) throw new Error(`no analysis is called ${name}`);
  return found;
}

export function analysisOfKind<Kind extends keyof AnalysisOfKind>(kind: Kind, name: string): AnalysisOfKind[Kind] {
  const found = analysisNamed(name);
  if (found.kind !== kind) throw new Error(`${name} is a ${found.kind}, no ${kind}`);
  return found as AnalysisOfKind[Kind];
}

export const namesOf = (kind: keyof AnalysisOfKind): string[] =>
  [...analyses.values()].filter((analysis) => analysis.kind === kind).map(({ name }) => name);

function modulesOfFolder(): Promise<Record<string, unknown>[]> {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== basename(import.meta.filename))
    .sort();
  return Promise.all(files.map((file) => import(/* @vite-ignore */ `./${file.replaceAll('\\', '/')}`)));
}

function isAnalysis(value: unknown): value is AnyAnalysis {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && 'version' in value && String(value.kind) in kinds
  );
}
