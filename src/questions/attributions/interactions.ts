import { type InteractionMethod, type InteractionsResult, interactions, pairsOf } from '../../analysis/interactions.ts';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Provenance } from '../../planner/question.ts';
import type { ModelRow } from '../../store/models.ts';
import type { Optional } from '../arguments.ts';
import { ask, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { notFinite } from '../not-finite.ts';
import { orNull } from '../or-null.ts';
import { type FeatureOfModel, featurePosition } from '../structure.ts';
import { outputTarget, type TargetArgument } from '../targets.ts';

/** How much two features work together; `share`: of the sum over all pairs, null when that is zero. */
export interface Interaction {
  readonly features: readonly [FeatureOfModel, FeatureOfModel];
  readonly score: number;
  readonly share: number | null;
  readonly provenance: Provenance;
}

interface Asked {
  readonly rows: RowsArgument;
  readonly method?: Optional<InteractionMethod>;
  /** Names; all of the model's when left out. */
  readonly features?: Optional<readonly string[]>;
  readonly target?: Optional<TargetArgument>;
}

/**
 * Of every pair of the chosen features, largest score first, ties in the manifest's order. Throws BAD_USER_INPUT, and ANALYSIS_FAILED
 * where the interaction of a pair is infinite or NaN on some row.
 */
export async function interactionsOf(asker: Asker, model: ModelRow, asked: Asked): Promise<Interaction[]> {
  const features = chosenFeatures(model, asked.features);
  const method: InteractionMethod = asked.method ?? 'ABLATION';
  const spec = { method, target: outputTarget(model, asked.target), features };
  const { value, provenance } = await ask(asker, interactions, spec, { model, rows: asked.rows });
  const total = value.score.reduce((sum, score) => sum + score, 0);
  const featureAt = (at: number): FeatureOfModel => ({
    model,
    feature: model.manifest.features[features[at] as number] as FeatureOfModel['feature'],
  });
  return pairsOf(features.length)
    .map(([i, j], at): Interaction => {
      const pair = [featureAt(i), featureAt(j)] as const;
      const score = value.score[at] as number;
      if (!Number.isFinite(score) || value.notFinite?.column === at) throw notFiniteOf(pair, at, value);
      return { features: pair, score, share: orNull(score / total), provenance };
    })
    .sort((a, b) => b.score - a.score);
}

function notFiniteOf([one, other]: Interaction['features'], at: number, { notFinite: first }: InteractionsResult) {
  const features = [one.feature.name, other.feature.name];
  const row = first?.column === at ? first.row : undefined;
  return notFinite(`The interaction of “${features[0]}” and “${features[1]}”`, row, { features });
}

/** Positions, ascending. Throws BAD_USER_INPUT for fewer than two, or more than are asked about at once. */
export function chosenFeatures(model: ModelRow, names: Optional<readonly string[]>): number[] {
  const all = names == null;
  const chosen = all
    ? model.manifest.features.map((_, at) => at)
    : [...new Set(names.map((name) => featurePosition(model, name, 'features')))].sort((a, b) => a - b);
  if (!all && chosen.length < 2)
    throw badUserInput('features', '`features` needs two features at least: interactions are between features.');
  if (chosen.length > analysisLimits.interactionFeatures)
    throw badUserInput(
      'features',
      `${chosen.length} features are ${pairsOf(chosen.length).length.toLocaleString('en')} pairs; name at most ${analysisLimits.interactionFeatures} \`features\`, e.g. those of the largest saliency.`,
    );
  return chosen;
}
