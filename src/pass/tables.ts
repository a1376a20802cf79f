import type { Tables } from '../analysis/analysis.ts';
import { encodeResult } from '../analysis/codec.ts';
import { tableAnalysisNamed } from '../analysis/registry.ts';
import { readTable } from '../analysis/tables/read-table.ts';
import type { TableSpec } from '../analysis/tables/table-analysis.ts';
import { isolated } from './isolated.ts';
import type { PassQuestion, PassResult, TablesRequest } from './protocol.ts';

export interface TablesInputs {
  readonly request: TablesRequest;
  readonly tables: Tables;
  readonly executor: string;
  readonly device: string;
  onResult(result: PassResult): void;
}

/** Answers questions about tables of weights, each table read once for all of its own; what cannot be answered takes nothing with it. */
export async function runTables({ request, tables, executor, device, onResult }: TablesInputs): Promise<void> {
  const startedMs = performance.now();
  const byTable = Map.groupBy(request.analyses, ({ spec }) => (spec as TableSpec).table);
  const errors: Error[] = [];
  for (const [name, questions] of byTable)
    errors.push(
      ...(await isolated(questions, async (asked: readonly PassQuestion[]) => {
        const table = await tables(name);
        try {
          const about = asked.map((one) => ({ analysis: tableAnalysisNamed(one.name), spec: one.spec as TableSpec }));
          const results = await readTable(table, about);
          for (const [at, { key }] of asked.entries())
            onResult({
              key,
              value: encodeResult(results[at]),
              files: [],
              rowCount: 0,
              skippedRowCount: 0,
              durationMs: performance.now() - startedMs,
              executor,
              device,
            });
        } finally {
          await table.close();
        }
      })),
    );
  if (errors[0] !== undefined) throw errors[0];
}
