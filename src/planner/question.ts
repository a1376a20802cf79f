import { hash } from 'node:crypto';
import type { ModelArtifact } from '../compute/executor.ts';
import type { RowSelection } from '../data/types.ts';

/** What every answer says of where it comes from; `Provenance` in the schema. */
export interface Provenance {
  readonly key: string;
  readonly rowCount: number;
  readonly skippedRowCount: number;
  /** Whether the rows are a sample of those selected. */
  readonly sampled: boolean;
  readonly cached: boolean;
  readonly computedAt: Date;
  readonly durationMs: number;
  readonly executor: string;
  readonly device: string;
  /** null: about rows alone. */
  readonly modelDigest: string | null;
  /** null: no rows were read. */
  readonly datasetDigest: string | null;
  readonly engineVersion: string;
  readonly jobId: string;
}

export interface Answer<Result> {
  readonly value: Result;
  readonly provenance: Provenance;
}

/** What the answers of a model depend on: its digest and, where a row's score would depend on it, how many rows are run together. */
export const answerDigest = ({ digest, artifact }: { digest: string; artifact: ModelArtifact }): string =>
  artifact.rowsPerRun === undefined ? digest : `${digest} by ${artifact.rowsPerRun}`;

/** Equal digests, rows, analysis, version, spec and parts: the same question, whoever asks. */
export function keyOf(question: {
  modelDigest: string | null;
  baseDigest?: string | undefined;
  datasetDigest: string | null;
  rows: RowSelection | null;
  analysis: string;
  version: number;
  spec: unknown;
  partKeys: readonly string[];
  roles?: unknown;
}): string {
  return hash('sha256', canonicalJson(question));
}

/** JSON with sorted keys: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
