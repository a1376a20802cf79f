import type { LayerKind } from '../graph.ts';
import type { Role, Step } from './steps.ts';

/** A layer while its steps are being found. */
export interface Draft {
  kind: LayerKind;
  output: string;
  readonly steps: Step[];
  readonly inputs: ReadonlySet<Draft>;
  /** What follows pointwise is no part of it. */
  readonly isClosed: boolean;
  /** Its last steps have their units on another axis: the output is what moves them back. */
  isTurned: boolean;
}

type Linear = 'SCALE' | 'SHIFT' | 'LINEAR';
type Nonlinear = 'NONLINEAR' | 'SPREAD';

export const isLinear = (role: Role | undefined): role is Linear =>
  role === 'SCALE' || role === 'SHIFT' || role === 'LINEAR';
const isNonlinear = (role: Role | undefined): role is Nonlinear => role === 'NONLINEAR' || role === 'SPREAD';
/** Of a step that needs only one element to compute one. */
export const isPointwise = (role: Role | undefined): role is Linear | Nonlinear => isLinear(role) || isNonlinear(role);

/** Steps of a layer that are no part of a linear map. */
export const nonlinearIn = ({ kind, steps }: Draft): Step[] =>
  steps.filter(({ role }) => isNonlinear(role) && !(kind === 'NORMALIZATION' && role === 'SPREAD'));

/** A gate is made of one layer by normalising it and a sigmoid. */
export const isGateOf = (gated: Draft, { kind, inputs, steps }: Draft): boolean =>
  kind === 'NORMALIZATION' &&
  inputs.size === 1 &&
  inputs.has(gated) &&
  steps.some(({ operator }) => operator === 'Sigmoid');

/** A normalisation that was begun where a mean is taken, not by an operator of its own. */
export const isWrittenOut = ({ kind, steps }: Draft): boolean =>
  kind === 'NORMALIZATION' && steps[0]?.role === 'REDUCTION';

/** Layers that the steps after them are no part of. */
export const isClosedOff = (kind: LayerKind, { role }: Step): boolean =>
  kind === 'EMBEDDING' || kind === 'POOLING' || kind === 'OUTPUT' || (kind === 'INTERACTION' && role === 'JOIN');
