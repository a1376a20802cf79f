import { type ConductanceResult, conductance } from '../analysis/conductance.ts';
import { ask, type RowsArgument } from '../questions/ask.ts';
import { AttributionOptions, attributionSpec } from './attribution-options.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { Convergence, finiteGaps } from './convergence.ts';
import { notFinite } from './not-finite.ts';
import { Layer, type LayerOfModel, Neuron, type NeuronOfLayer } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { outputTarget, TargetInput } from './target.ts';

interface Attributed extends NeuronOfLayer {
  readonly mean: number;
  readonly meanAbsolute: number;
}

const NeuronAttribution = builder.objectRef<Attributed>('NeuronAttribution').implement({
  description: 'What passes through a neuron on the way from the baseline to a row.',
  fields: (t) => ({
    neuron: t.field({
      type: Neuron,
      description: 'The neuron.',
      resolve: ({ model, layer, unit }) => ({ model, layer, unit }),
    }),
    mean: t.exposeFloat('mean', { description: 'Over rows, with its sign.' }),
    meanAbsolute: t.exposeFloat('meanAbsolute', { description: 'Over rows, of its absolute value.' }),
  }),
});

interface Asked {
  readonly rows: RowsArgument;
  readonly options?: typeof AttributionOptions.$inferInput | null | undefined;
  readonly target?: typeof TargetInput.$inferInput | null | undefined;
}

async function conductanceOf(
  { model, layer }: LayerOfModel,
  { rows, options, target }: Asked,
  context: Context,
): Promise<ConductanceResult> {
  // It has the options of integrated gradients: it is their way, seen from a layer.
  const how = { method: 'INTEGRATED_GRADIENTS', options, called: 'conductance' } as const;
  const chosen = outputTarget(model, target);
  const { steps, baseline } = await attributionSpec(model, how, how.method, chosen, context);
  if (steps === undefined) throw new Error('integrated gradients have steps');
  const spec = { layer: layer.name, target: chosen, steps, ...(baseline === undefined ? {} : { baseline }) };
  return (await ask(context, conductance, spec, { model, rows })).value;
}

/** Throws ANALYSIS_FAILED where what passes through a neuron is infinite or NaN on some row. */
function assertFinite({ mean, meanAbsolute, notFinite: first }: ConductanceResult, { layer }: LayerOfModel): void {
  const found = meanAbsolute.findIndex((figure, at) => !Number.isFinite(figure + (mean[at] as number)));
  const unit = first?.column ?? found;
  if (unit >= 0)
    throw notFinite(`What passes through neuron ${unit} of the layer “${layer.name}”`, first?.row, {
      layer: layer.name,
      neuron: unit,
    });
}

builder.objectFields(Layer, (t) => {
  const args = {
    rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
    options: t.arg({
      type: AttributionOptions,
      description: 'steps: intervals of the way, 50 unless said. baseline: where it starts.',
    }),
    target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
  };
  return {
    conductance: t.field({
      type: [NeuronAttribution],
      nullable: true,
      description:
        'How much of the way from the baseline to the rows passes through each neuron, in unit order; summed over positions. Of a layer that everything passes through, the sum is f(x) - f(baseline), to the gap of conductanceConvergence.',
      args,
      resolve: async (of, asked, context) => {
        const value = await conductanceOf(of, asked, context);
        assertFinite(value, of);
        const { mean, meanAbsolute } = value;
        return Array.from(mean, (value, unit) => ({
          ...of,
          unit,
          mean: value,
          meanAbsolute: meanAbsolute[unit] as number,
        }));
      },
    }),
    conductanceConvergence: t.field({
      type: Convergence,
      nullable: true,
      description:
        'Of the same question, the gap between the sum over neurons and f(x) - f(baseline): large where part of the way leads past this layer, or where steps are few.',
      args,
      resolve: async (of, asked, context) => finiteGaps((await conductanceOf(of, asked, context)).completeness),
    }),
  };
});
