import { topExamples } from '../analysis/units/top-examples.ts';
import { type DatasetRow, readRowsAt } from '../data/page.ts';
import { analysisFailed } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import { ask, datasetAsked, type RowsArgument } from '../questions/ask.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { Row } from './dataset.ts';
import type { NeuronOfLayer } from './references.ts';

interface ExampleOfNeuron {
  readonly row: DatasetRow;
  readonly activation: number;
  readonly score: number;
}

export const Example = builder.objectRef<ExampleOfNeuron>('Example').implement({
  description: 'A row and what a neuron makes of it.',
  fields: (t) => ({
    row: t.field({ type: Row, description: 'The row, with its values.', resolve: ({ row }) => row }),
    activation: t.exposeFloat('activation', { description: 'Of the neuron, at its strongest position.' }),
    score: t.exposeFloat('score', { description: 'Of the model.' }),
  }),
});

/** Throws BAD_USER_INPUT for a number of rows that is out of range, ANALYSIS_FAILED for figures that are not finite. */
export async function examplesOf(
  { model, layer, unit }: NeuronOfLayer,
  rows: RowsArgument,
  first: number,
  context: Context,
): Promise<ExampleOfNeuron[]> {
  const count = wholeBetween('first', first, 0, analysisLimits.exampleCount);
  const spec = { layer: layer.name, unit };
  const { value } = await ask(context, topExamples, spec, { model, rows });
  const shown = value.row.slice(0, count);
  const bad = shown.findIndex((_, at) => !Number.isFinite(value.activation[at]) || !Number.isFinite(value.score[at]));
  if (bad >= 0)
    throw analysisFailed(
      `Neuron ${unit} of the layer “${layer.name}”, or the score, is infinite or NaN on row ${shown[bad]}.`,
      { layer: layer.name, neuron: unit, row: shown[bad] },
    );
  const found = await readRowsAt(await datasetAsked(context, rows), shown);
  return found.map((row, at) => ({
    row,
    activation: value.activation[at] as number,
    score: value.score[at] as number,
  }));
}
