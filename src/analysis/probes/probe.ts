import { float32 } from '../../compute/tensor.ts';
import type { Batch, RowColumn } from '../../data/types.ts';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis, Outputs, Values } from '../analysis.ts';
import { addGram, emptyGram } from '../sums/gram.ts';
import { isOfElements, withoutRows } from '../units/row-axis.ts';
import { layerOf } from '../units/units.ts';
import { next, type ProbeFit, type ProbeSpec, type Sweep } from './iteration.ts';
import { addSums, sumsProgram, weightValues } from './newton.ts';
import { gramOfBatch, productsProgram } from './standard.ts';
import { controlValues, type TargetValues, targetValues } from './target.ts';

export type { ProbeFit, ProbeSpec } from './iteration.ts';

interface ProbeState {
  readonly spec: ProbeSpec;
  sweep: Sweep;
}

/**
 * L2-regularised logistic regression on a layer's output (Alain & Bengio 2016), minimising ½·l2·‖w‖² + Σ log loss over units that
 * are standardised on the rows, the intercept free. Newton's method, a sweep over the rows for each step: the weighted Gram
 * product, [units, units], is a matrix product of the executor, in float32 on centred units; sums over batches, and the step, are
 * of float64. A step that makes the objective larger is halved. Layers with positions: of their means. Throws BAD_USER_INPUT for a
 * layer too wide and when no row has a target.
 */
export const probe: Analysis<ProbeSpec, ProbeState, ProbeFit> = {
  kind: 'fold',
  name: 'probe',
  version: 3,
  columns: columnsOf,
  start(spec, subject) {
    const layer = layerOf(spec, subject);
    const { units } = layer;
    if (isOfElements(layer, subject)) throw withoutRows(spec.layer);
    if (units > analysisLimits.probeUnits)
      throw badUserInput(
        'layer',
        `The layer “${spec.layer}” has ${units} units; a probe is fitted to at most ${analysisLimits.probeUnits}. Probe a narrower layer after it.`,
      );
    return { spec, sweep: { phase: 'measuring', products: emptyGram(units + 1) } };
  },
  program(spec, subject, { sweep }) {
    const layer = layerOf(spec, subject);
    return sweep.phase === 'measuring' ? productsProgram(layer) : sumsProgram(layer);
  },
  parameters({ spec, sweep }, batch): Values {
    const { value, known } = sweep.phase === 'stepping' ? fittedTo(spec, sweep, batch) : targetValues(spec, batch);
    const rows = { value: float32([batch.rowCount], value), known: float32([batch.rowCount], known) };
    return sweep.phase === 'stepping' ? { ...rows, ...weightValues(sweep, sweep.weights) } : rows;
  },
  fold(state, outputs, batch) {
    addTo(state.sweep, outputs, () => targetValues(state.spec, batch).count);
    return state;
  },
  merge(a, b) {
    const merged = structuredClone(a);
    const { sweep } = merged;
    if (sweep.phase === 'measuring' && b.sweep.phase === 'measuring') addGram(sweep.products, b.sweep.products);
    if (sweep.phase === 'stepping' && b.sweep.phase === 'stepping') addSums(sweep.sums, b.sweep.sums);
    return merged;
  },
  again(state) {
    state.sweep = next(state.spec, state.sweep);
    return state.sweep.phase === 'fitted' ? undefined : state;
  },
  finish({ sweep }) {
    if (sweep.phase !== 'fitted') throw new Error('a probe ends with the sweep after which none follows');
    return sweep.fit;
  },
};

export function columnsOf({ column }: ProbeSpec): RowColumn[] {
  return column === undefined ? [] : [column];
}

/** What a probe is fitted to and judged by: its target or, for a control, labels at the training rows' rate. */
export function fittedTo(
  spec: ProbeSpec,
  { rowCount, positiveCount }: Pick<ProbeFit, 'rowCount' | 'positiveCount'>,
  batch: Batch,
): TargetValues {
  return spec.controlSeed === undefined
    ? targetValues(spec, batch)
    : controlValues(spec.controlSeed, positiveCount / rowCount, batch, spec);
}

function addTo(sweep: Sweep, outputs: Outputs, knownCount: () => number): void {
  if (sweep.phase === 'measuring') addGram(sweep.products, gramOfBatch(outputs, knownCount()));
  if (sweep.phase === 'stepping')
    addSums(sweep.sums, {
      products: outputs.products?.data as Float32Array,
      totals: outputs.totals?.data as Float32Array,
    });
}
