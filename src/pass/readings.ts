import type { ReadableRows } from '../analysis/analysis.ts';
import { analysisOfKind } from '../analysis/registry.ts';
import { isolated } from './isolated.ts';
import type { Outcome } from './outcome.ts';
import { type Counts, type Parts, resultsOf } from './parts.ts';
import type { PassQuestion } from './protocol.ts';
import { readableRows } from './readable-rows.ts';

interface ReadingsInputs {
  readonly parts: Parts;
  readonly rows: ReadableRows;
  /** Of the selection, for readings without parts. */
  readonly rowCount: number;
  readonly outcome: Outcome;
}

/** Answers what is read off results and rows, one after the other. */
export async function readAll(
  readings: readonly PassQuestion[],
  { parts, rows, rowCount, outcome }: ReadingsInputs,
): Promise<void> {
  const all: Counts = { rowCount, skippedRowCount: 0 };
  for (const reading of readings) {
    const read = async (): Promise<void> => {
      outcome.assertNoneFailed(reading.partKeys);
      const own = await parts.of(reading);
      const roles = Object.entries(reading.roles ?? {}).map(([role, of]) => [role, readableRows(of)]);
      const analysis = analysisOfKind('reading', reading.name);
      const result = await analysis.read(reading.spec, resultsOf(own), { ...rows, roles: Object.fromEntries(roles) });
      outcome.done(reading.key, result, own[0]?.counts ?? all);
    };
    outcome.failed(await isolated([reading], read));
  }
}
