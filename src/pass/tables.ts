import type { Tables } from '../analysis/analysis.ts';
import { encodeResult } from '../analysis/codec.ts';
import { analysisOfKind } from '../analysis/registry.ts';
import { readTable } from '../analysis/tables/read-table.ts';
import type { TableSpec } from '../analysis/tables/table-analysis.ts';
import { toErrorRecord } from '../errors.ts';
import { isolated } from './isolated.ts';
import type { PassFailure, PassQuestion, PassResult, TablesRequest } from './protocol.ts';

export interface TablesInputs {
  readonly request: TablesRequest;
  readonly tables: Tables;
  readonly executor: string;
  readonly device: string;
  onResult(result: PassResult): void;
  onFailure(failure: PassFailure): void;
}

/**
 * Answers questions about tables of weights, each table read once for all of its own. When some cannot be answered, the others are
 * all the same: each failure is handed over, and the first error is thrown in the end.
 */
export async function runTables(inputs: TablesInputs): Promise<void> {
  const startedMs = performance.now();
  const byTable = Map.groupBy(inputs.request.analyses, ({ spec }) => (spec as TableSpec).table);
  const errors: Error[] = [];
  for (const [name, questions] of byTable) {
    const failures = await isolated(questions, (asked) => answerTogether(name, asked, inputs, startedMs));
    for (const { member, error } of failures) {
      inputs.onFailure({ key: member.key, error: toErrorRecord(error) });
      errors.push(error);
    }
  }
  if (errors[0] !== undefined) throw errors[0];
}

async function answerTogether(
  name: string,
  questions: readonly PassQuestion[],
  { tables, executor, device, onResult }: TablesInputs,
  startedMs: number,
): Promise<void> {
  const table = await tables(name);
  try {
    const about = questions.map((one) => ({
      analysis: analysisOfKind('table', one.name),
      spec: one.spec as TableSpec,
    }));
    const results = await readTable(table, about);
    for (const [at, { key }] of questions.entries()) {
      const durationMs = performance.now() - startedMs;
      const value = encodeResult(results[at]);
      onResult({ key, value, files: [], rowCount: 0, skippedRowCount: 0, durationMs, executor, device });
    }
  } finally {
    await table.close();
  }
}
