import { topExamples } from '../../analysis/units/top-examples.ts';
import type { DatasetRow } from '../../data/page.ts';
import { analysisFailed } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import { wholeBetween } from '../arguments.ts';
import { ask, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { rowsAt } from '../datasets.ts';
import type { NeuronOfLayer } from '../structure.ts';

/** A row and what a neuron makes of it, at its strongest position. */
export interface ExampleOfNeuron {
  readonly row: DatasetRow;
  readonly activation: number;
  readonly score: number;
}

/** The rows on which a neuron is strongest, ties by row index. Throws BAD_USER_INPUT for a number of rows that is out of range, ANALYSIS_FAILED for figures that are not finite. */
export async function examplesOf(
  asker: Asker,
  { model, layer, unit }: NeuronOfLayer,
  rows: RowsArgument,
  first: number,
): Promise<ExampleOfNeuron[]> {
  const count = wholeBetween('first', first, 0, analysisLimits.exampleCount);
  const spec = { layer: layer.name, unit };
  const { value } = await ask(asker, topExamples, spec, { model, rows });
  const shown = value.row.slice(0, count);
  const bad = shown.findIndex((_, at) => !Number.isFinite(value.activation[at]) || !Number.isFinite(value.score[at]));
  if (bad >= 0)
    throw analysisFailed(
      `Neuron ${unit} of the layer “${layer.name}”, or the score, is infinite or NaN on row ${shown[bad]}.`,
      { layer: layer.name, neuron: unit, row: shown[bad] },
    );
  const found = await rowsAt(asker, rows, shown);
  return found.map((row, at) => ({
    row,
    activation: value.activation[at] as number,
    score: value.score[at] as number,
  }));
}
