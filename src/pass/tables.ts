import type { Tables } from '../analysis/analysis.ts';
import { analysisOfKind } from '../analysis/registry.ts';
import { readTable } from '../analysis/tables/read-table.ts';
import type { TableSpec } from '../analysis/tables/table-analysis.ts';
import { isolated } from './isolated.ts';
import { Outcome, type Told } from './outcome.ts';
import type { PassQuestion, TablesRequest } from './protocol.ts';

export interface TablesInputs extends Told {
  readonly request: TablesRequest;
  readonly tables: Tables;
}

/**
 * Answers questions about tables of weights, each table read once for all of its own. When some cannot be answered, the others are
 * all the same: each failure is handed over, and the first error is thrown in the end.
 */
export async function runTables(inputs: TablesInputs): Promise<void> {
  const outcome = new Outcome(inputs);
  const byTable = Map.groupBy(inputs.request.analyses, ({ spec }) => (spec as TableSpec).table);
  for (const [name, questions] of byTable)
    outcome.failed(await isolated(questions, (asked) => answerTogether(name, asked, inputs.tables, outcome)));
  outcome.assertNoneFailed();
}

const noRows = { rowCount: 0, skippedRowCount: 0 };

async function answerTogether(
  name: string,
  questions: readonly PassQuestion[],
  tables: Tables,
  outcome: Outcome,
): Promise<void> {
  const table = await tables(name);
  try {
    const about = questions.map((one) => ({
      analysis: analysisOfKind('table', one.name),
      spec: one.spec as TableSpec,
    }));
    const results = await readTable(table, about);
    for (const [at, { key }] of questions.entries()) outcome.done(key, results[at], noRows);
  } finally {
    await table.close();
  }
}
