import { type ConductanceResult, conductance } from '../../analysis/conductance.ts';
import type { Answer } from '../../planner/question.ts';
import type { Optional } from '../arguments.ts';
import { ask, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { notFinite } from '../not-finite.ts';
import type { LayerOfModel, NeuronOfLayer } from '../structure.ts';
import { outputTarget, type TargetArgument } from '../targets.ts';
import { type AttributionOptions, attributionSpec } from './attribution-spec.ts';

interface Asked {
  readonly rows: RowsArgument;
  readonly options?: Optional<AttributionOptions>;
  readonly target?: Optional<TargetArgument>;
}

/** What passes through a layer on the way from the baseline to the rows. Throws BAD_USER_INPUT. */
export async function conductanceOf(
  asker: Asker,
  { model, layer }: LayerOfModel,
  { rows, options, target }: Asked,
): Promise<Answer<ConductanceResult>> {
  // It has the options of integrated gradients: it is their way, seen from a layer.
  const how = { method: 'INTEGRATED_GRADIENTS', options, called: 'conductance' } as const;
  const chosen = outputTarget(model, target);
  const { steps, baseline } = await attributionSpec(asker, model, how, how.method, chosen);
  if (steps === undefined) throw new Error('integrated gradients have steps');
  const spec = { layer: layer.name, target: chosen, steps, ...(baseline === undefined ? {} : { baseline }) };
  return ask(asker, conductance, spec, { model, rows });
}

/** What passes through a neuron, over rows, summed over positions; in units of the target. */
export interface NeuronConductance extends NeuronOfLayer {
  readonly mean: number;
  readonly meanAbsolute: number;
}

/** In unit order. Throws ANALYSIS_FAILED where what passes through a neuron is infinite or NaN on some row. */
export function neuronConductances(of: LayerOfModel, value: ConductanceResult): NeuronConductance[] {
  assertFinite(value, of);
  const { mean, meanAbsolute } = value;
  return Array.from(mean, (value, unit) => ({ ...of, unit, mean: value, meanAbsolute: meanAbsolute[unit] as number }));
}

function assertFinite({ mean, meanAbsolute, notFinite: first }: ConductanceResult, { layer }: LayerOfModel): void {
  const found = meanAbsolute.findIndex((figure, at) => !Number.isFinite(figure + (mean[at] as number)));
  const unit = first?.column ?? found;
  if (unit >= 0)
    throw notFinite(`What passes through neuron ${unit} of the layer “${layer.name}”`, first?.row, {
      layer: layer.name,
      neuron: unit,
    });
}
