import type { WeightTable } from '../../compute/executor.ts';
import type { TableAnalysis, TableSpec } from './table-analysis.ts';

/** One question about a table. */
export interface TableQuestion {
  readonly analysis: TableAnalysis<TableSpec, unknown, unknown>;
  readonly spec: TableSpec;
}

/** The answers, in order: sweeps over the entries for as long as a question wants another, each block read once for all of them. */
export async function readTable(table: WeightTable, questions: readonly TableQuestion[]): Promise<unknown[]> {
  const states = await Promise.all(questions.map(({ analysis, spec }) => analysis.start(spec, table)));
  let running = questions.map((_, at) => at);
  while (running.length > 0) {
    let first = 0;
    for await (const entries of table.blocks(0, table.entryCount)) {
      for (const at of running) states[at] = (questions[at] as TableQuestion).analysis.fold(states[at], entries, first);
      first += entries.length / table.dimension;
    }
    running = running.filter((at) => {
      const next = (questions[at] as TableQuestion).analysis.again?.(states[at]);
      if (next !== undefined) states[at] = next;
      return next !== undefined;
    });
  }
  return questions.map(({ analysis }, at) => analysis.finish(states[at]));
}
