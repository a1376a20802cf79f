import type { OutputTarget } from '../analysis/target.ts';
import type { PredictCall, Prediction } from '../pass/protocol.ts';
import type { ModelRow } from '../store/models.ts';
import { type AskerAtOnce, atOnce, writtenRows } from './at-once.ts';

/** What a model makes of rows that were written by hand, by feature name. Throws BAD_USER_INPUT when there are too many. */
export async function predictionsOf(
  asker: AskerAtOnce,
  { artifact, graph, manifest }: ModelRow,
  rows: readonly unknown[],
  target: OutputTarget,
): Promise<Prediction[]> {
  const written = writtenRows(rows);
  if (written.length === 0) return [];
  const { environment } = asker;
  const call: PredictCall = { model: { artifact, graph, manifest }, rows: written, target, environment };
  return (await atOnce(asker, 'predict', call)) as Prediction[];
}
