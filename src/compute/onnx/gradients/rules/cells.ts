import type { Value } from '../value.ts';
import { productTransposed } from './linear.ts';

/** What one direction of a recurrent layer is made of. */
export interface Weights {
  /** [gates · hidden, hidden] and [gates · hidden]. */
  readonly recurrence: Value;
  readonly bias: Value | undefined;
  /** [3 · hidden]: from the cell to the gates i, o and f. */
  readonly peepholes: Value | undefined;
  readonly hidden: number;
  readonly activations: readonly Unary[];
  /** LSTM: the forget gate is 1 − i. GRU: the reset gate comes behind the product. */
  readonly variant: boolean;
}

export type Unary = (x: Value) => Value;

/** From what the input adds to the gates [rows, gates · hidden] and the states [rows, hidden] to the next states. */
export type Step = (input: Value, hidden: Value, memory: Value) => Value[];

/** A kind of cell. The first of its states is its output. */
export interface Cell {
  readonly stateCount: number;
  readonly activations: readonly string[];
  readonly stepOf: (weights: Weights) => Step;
}

const linear: Unary = (x) => x;

export const rnn: Cell = {
  stateCount: 1,
  activations: ['Tanh'],
  stepOf:
    ({ recurrence, bias, activations: [f = linear] }) =>
    (input, hidden) => [f(input.add(affine(hidden, recurrence, bias)))],
};

/** Gates z, r, h. */
export const gru: Cell = {
  stateCount: 1,
  activations: ['Sigmoid', 'Tanh'],
  stepOf: ({ recurrence, bias, hidden: size, activations: [f = linear, g = linear], variant: resetsProduct }) => {
    const [gates, candidate] = parts(recurrence, [2 * size, size]);
    const [gatesBias, candidateBias] = bias ? parts(bias, [2 * size, size]) : [];
    return (input, hidden) => {
      const [toGates, toCandidate] = input.split(1, [2 * size, size]) as [Value, Value];
      const open = f(toGates.add(affine(hidden, gates, gatesBias)));
      const [update, reset] = open.split(1, [size, size]) as [Value, Value];
      const recurring = resetsProduct
        ? reset.mul(affine(hidden, candidate, candidateBias))
        : affine(reset.mul(hidden), candidate, candidateBias);
      const next = g(toCandidate.add(recurring));
      return [next.add(update.mul(hidden.sub(next)))];
    };
  },
};

/** Gates i, o, f, c; the states are the output and the memory. */
export const lstm: Cell = {
  stateCount: 2,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  stepOf: ({ recurrence, bias, peepholes, hidden: size, activations, variant: isCoupled }) => {
    const [f = linear, g = linear, h = linear] = activations;
    const [peepIn, peepOut, peepForget] = peepholes?.split(0, [size, size, size]) ?? [];
    const peeked = (gate: Value, memory: Value, weights: Value | undefined) =>
      weights === undefined ? gate : gate.add(memory.mul(weights));
    return (input, hidden, memory) => {
      const gates = input.add(affine(hidden, recurrence, bias)).split(1, [size, size, size, size]);
      const [toIn, toOut, toForget, toMemory] = gates as [Value, Value, Value, Value];
      const opened = f(peeked(toIn, memory, peepIn));
      const kept = isCoupled ? opened.complement() : f(peeked(toForget, memory, peepForget));
      const next = kept.mul(memory).add(opened.mul(g(toMemory)));
      return [f(peeked(toOut, next, peepOut)).mul(h(next)), next];
    };
  },
};

const parts = (weights: Value, sizes: readonly number[]): [Value, Value] => weights.split(0, sizes) as [Value, Value];

/** x Wᵀ + b. */
export function affine(x: Value, weights: Value, bias: Value | undefined): Value {
  const product = productTransposed(x, weights);
  return bias === undefined ? product : product.add(bias);
}
