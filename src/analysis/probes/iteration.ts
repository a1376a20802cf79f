import { analysisFailed, badUserInput, type GlassgraphError } from '../../errors.ts';
import type { Gram } from '../sums/gram.ts';
import type { LayerSpec } from '../units/units.ts';
import { emptySums, newtonStep, objective, type Standard, type Sums, type Weights } from './newton.ts';
import { deviationsOf } from './standard.ts';
import type { ProbeTargetSpec } from './target.ts';

export interface ProbeSpec extends LayerSpec, ProbeTargetSpec {
  readonly l2: number;
  readonly maxIterations: number;
  /** It ends with the step that promises to lower the objective by less than this, per row, and moves no weight by more than its root. */
  readonly tolerance: number;
  /** The labels are drawn with this seed and know nothing of the rows: a control. */
  readonly controlSeed?: number;
}

/** A logistic regression on a layer's units, fitted. */
export interface ProbeFit extends Standard {
  /** Rows that have a target, and those where it is 1. */
  readonly rowCount: number;
  readonly positiveCount: number;
  readonly weights: Weights;
  /** Steps, and halvings of steps. */
  readonly iterations: number;
  readonly converged: boolean;
}

/** What a sweep over the rows is for. The first: means, deviations, and the products that the first step needs. */
export type Sweep = { readonly phase: 'measuring'; readonly products: Gram } | Stepping | Fitted;

/** Every further one: sums at `weights`, which are the accepted ones and a step. */
export interface Stepping extends Omit<ProbeFit, 'converged'> {
  readonly phase: 'stepping';
  readonly accepted: { readonly weights: Weights; readonly objective: number };
  /** By how much the last step promised to lower the objective. */
  readonly promised: number;
  readonly sums: Sums;
}

interface Fitted {
  readonly phase: 'fitted';
  readonly fit: ProbeFit;
}

/**
 * Of the objective, by which a sum of a batch in float32 may be wrong where rows repeat, as those of a layer behind a small table
 * do: less than this is no rise, since halving a step would not end before the noise has hidden it.
 */
const rounding = 1e-4;

/** What follows a sweep. Throws BAD_USER_INPUT when no row has a target, ANALYSIS_FAILED for units that are not finite. */
export function next(spec: ProbeSpec, sweep: Sweep): Stepping | Fitted {
  if (sweep.phase === 'fitted') return sweep;
  return sweep.phase === 'measuring' ? begun(spec, sweep.products) : stepped(spec, sweep);
}

/** Begins at the base rate. With one class only, that rate is all there is to learn: of half a row more of each class, to be finite. */
function begun(spec: ProbeSpec, measured: Gram): Stepping | Fitted {
  const { count: rowCount, mean, products } = measured;
  if (rowCount === 0)
    throw badUserInput(
      'train',
      'None of the training rows has the probe’s target: there is nothing to fit. Select others.',
    );
  const units = mean.length - 1;
  const squares = mean.map((_, at) => products[at * (mean.length + 1)] as number);
  if (!squares.every(Number.isFinite)) throw notFinite(spec);
  const rate = mean[units] as number;
  const positiveCount = Math.round(rate * rowCount);
  const weights = new Float64Array(units + 1);
  const about = {
    rowCount,
    positiveCount,
    centre: Float32Array.from(mean.subarray(0, units)),
    deviation: deviationsOf(measured),
    iterations: 0,
  };
  if (positiveCount === 0 || positiveCount === rowCount) {
    weights[units] = Math.log((positiveCount + 0.5) / (rowCount - positiveCount + 0.5));
    return { phase: 'fitted', fit: { ...about, weights, converged: true } };
  }
  weights[units] = Math.log(rate / (1 - rate));
  const loss = -rowCount * (rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate));
  const sums = emptySums(units);
  const start: Stepping = {
    ...about,
    phase: 'stepping',
    weights,
    sums,
    accepted: { weights, objective: Number.MAX_VALUE },
    promised: Number.MAX_VALUE,
  };
  // A control's labels are drawn at the base rate, which is only known now.
  if (spec.controlSeed !== undefined) return start;
  const curvature = rate * (1 - rate);
  for (let i = 0; i < units; i++) {
    for (let j = 0; j < units; j++)
      sums.products[i * (units + 2) + j] = curvature * (products[i * (units + 1) + j] as number);
    sums.products[i * (units + 2) + units + 1] = products[i * (units + 1) + units] as number;
  }
  sums.totals.set([curvature * rowCount, 0, loss]);
  return stepped(spec, start);
}

const notFinite = ({ layer }: ProbeSpec): GlassgraphError =>
  analysisFailed(
    `The layer “${layer}” has values that are not finite, or too large for their squares to be: nothing can be fitted to it.`,
    { layer },
  );

/** Takes the next step, or half of the last one where that has gone too far. */
function stepped(spec: ProbeSpec, sweep: Stepping): Stepping | Fitted {
  const { phase: _phase, accepted, promised, sums, ...fit } = sweep;
  const found = objective(sums.totals[2] as number, fit.weights, spec.l2);
  if (!Number.isFinite(found)) throw notFinite(spec);
  const iterations = fit.iterations + 1;
  const isLast = iterations >= spec.maxIterations;
  const isRise = found > accepted.objective * (1 + rounding);
  if (isRise && isLast)
    return { phase: 'fitted', fit: { ...fit, weights: accepted.weights, iterations, converged: false } };
  const following = (weights: Weights, from: Stepping['accepted'], gain = promised): Stepping => ({
    ...fit,
    phase: 'stepping',
    weights,
    iterations,
    accepted: from,
    promised: gain,
    sums: emptySums(fit.deviation.length),
  });
  if (isRise)
    return following(
      fit.weights.map((weight, at) => (weight + (accepted.weights[at] as number)) / 2),
      accepted,
    );
  const { step, gain } = newtonStep(sums, fit, fit.weights, spec.l2);
  const weights = fit.weights.map((weight, at) => weight + (step[at] as number));
  const converged = gain <= spec.tolerance * fit.rowCount && (isStill(step, spec) || gain > promised / 2);
  if (converged || isLast) return { phase: 'fitted', fit: { ...fit, weights, iterations, converged } };
  return following(weights, { weights: fit.weights, objective: found }, gain);
}

/**
 * Whether no weight moves by much: H⁻¹ times the gradient is about how far each is from its best. A unit that few rows have is far
 * from it while the objective, to which few rows matter, has long been still. Where even promises do not become smaller any more,
 * what is left of the gradient is rounding, and directions that the rows say nothing of would wander on.
 */
const isStill = (step: Weights, { tolerance }: ProbeSpec): boolean =>
  step.every((one) => Math.abs(one) <= Math.sqrt(tolerance));
