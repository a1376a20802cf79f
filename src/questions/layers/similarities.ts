import { type SimilarityResult, similarity } from '../../analysis/similarity/similarity.ts';
import type { Answer } from '../../planner/question.ts';
import type { ModelRow } from '../../store/models.ts';
import { ask, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { orNull } from '../or-null.ts';
import type { LayerOfModel } from '../structure.ts';

/** Linear CKA of every layer of the base with every layer of the candidate, over rows that both take. */
export const similarityOf = (
  asker: Asker,
  candidate: ModelRow,
  base: ModelRow,
  rows: RowsArgument,
): Promise<Answer<SimilarityResult>> =>
  ask(asker, similarity, {}, { model: candidate, rows, ...(base.id !== candidate.id && { base }) });

/** A line for each base layer; null where a layer is constant or not finite, or has its rows and positions on one axis. */
export function similarityLines({ base, candidate, values }: SimilarityResult): (number | null)[][] {
  const width = candidate.length;
  return base.map((_, at) => Array.from(values.subarray(at * width, (at + 1) * width), orNull));
}

/** Linear CKA between two layers, of one model or of two; null where either is constant. */
export async function similarityBetween(
  asker: Asker,
  { model, layer }: LayerOfModel,
  { model: base, layer: other }: LayerOfModel,
  rows: RowsArgument,
): Promise<number | null> {
  const isOne = base.id === model.id;
  // Within a model, the same two layers are the same question in either order.
  const [one, two] = isOne && other.index > layer.index ? [layer, other] : [other, layer];
  const spec = { base: one.name, candidate: two.name };
  const { value } = await ask(asker, similarity, spec, { model, rows, ...(!isOne && { base }) });
  return orNull(value.values[0]);
}
