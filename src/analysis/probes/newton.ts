import type { LayerGraph } from '../../compute/graph.ts';
import {
  add,
  concat,
  type Expression,
  matmul,
  mul,
  type Program,
  parameter,
  reduceSum,
  reshape,
  scalar,
  sigmoid,
  slice,
  softplus,
  sub,
  transpose,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import type { Values } from '../analysis.ts';
import { meansOfRows } from '../units/units.ts';
import { dot, solve } from './solve.ts';
import { ofRows } from './standard.ts';

/** How a layer's units are standardised, (x − centre) / deviation; a unit with deviation 0 is constant, and no part of the probe. */
export interface Standard {
  /** float32, as the executor takes it off. */
  readonly centre: Float32Array;
  readonly deviation: Float64Array;
}

/** Of standardised units, the intercept last: [units + 1]. */
export type Weights = Float64Array;

/** Sums over rows at some weights. */
export interface Sums {
  /** [units, units + 2], of units that are centred and not yet scaled: Σ d·x·xᵀ, Σ d·x, Σ (y − p)·x, where d = p (1 − p). */
  readonly products: Float64Array;
  /** Σ d, Σ (y − p), Σ log loss. */
  readonly totals: Float64Array;
}

export const emptySums = (units: number): Sums => ({
  products: new Float64Array(units * (units + 2)),
  totals: new Float64Array(3),
});

/** [rows, 1]: the logit that weights of standardised units give. */
function logitOf(centred: Expression, units: number): Expression {
  return add(matmul(centred, parameter('weights', 'float32', [units, 1])), parameter('intercept', 'float32', []));
}

const centredUnits = (layer: LayerGraph): Expression =>
  sub(meansOfRows(layer), parameter('centre', 'float32', [layer.units]));

/**
 * float32 [rows], the logit that a probe gives each row. Rows that are alike get the same to the last bit, and so are ties: the product is
 * one of matrices, since onnxruntime's of a matrix and a vector rounds the last rows of a batch otherwise than those before them.
 */
export function probeLogit(layer: LayerGraph): Expression {
  const weights = parameter('weights', 'float32', [layer.units, 1]);
  const products = matmul(centredUnits(layer), concat([weights, mul(weights, scalar(0))], 1));
  return add(reshape(slice(products, 1, 0, 1), [-1]), parameter('intercept', 'float32', []));
}

/** Parameters of both programs. */
export function weightValues({ centre, deviation }: Standard, weights: Weights): Values {
  const ofUnits = deviation.map((one, unit) => (one === 0 ? 0 : (weights[unit] as number) / one));
  return {
    centre: float32([centre.length], centre),
    weights: float32([centre.length, 1], ofUnits),
    intercept: float32([], [weights.at(-1) as number]),
  };
}

/** Sums at the weights given; needs `value` and `known` of every row. */
export function sumsProgram(layer: LayerGraph): Program {
  const centred = centredUnits(layer);
  const logit = logitOf(centred, layer.units);
  const score = sigmoid(logit);
  const [value, known] = [ofRows('value'), ofRows('known')];
  const curvature = mul(mul(score, sub(scalar(1), score)), known);
  const residual = mul(sub(value, score), known);
  const loss = mul(softplus(mul(logit, sub(scalar(1), mul(scalar(2), value)))), known);
  return {
    outputs: {
      products: matmul(transpose(centred, [1, 0]), concat([mul(centred, curvature), curvature, residual], 1)),
      totals: reduceSum(concat([curvature, residual, loss], 1), [0]),
    },
  };
}

/** Adds those of a batch or a shard, in place. */
export function addSums(sums: Sums, part: { products: ArrayLike<number>; totals: ArrayLike<number> }): void {
  for (const name of ['products', 'totals'] as const) {
    const [whole, more] = [sums[name], part[name]];
    for (let at = 0; at < whole.length; at++) whole[at] = (whole[at] as number) + (more[at] as number);
  }
}

/** ½·l2·‖w‖² + Σ log loss, the intercept free. */
export const objective = (lossSum: number, weights: Weights, l2: number): number =>
  lossSum + (l2 / 2) * (dot(weights, weights) - (weights.at(-1) as number) ** 2);

/** A Newton step, and by how much it promises to lower the objective. */
interface Step {
  readonly step: Weights;
  readonly gain: number;
}

/** The objective's Hessian is scaled, penalised and solved in float64. */
export function newtonStep({ products, totals }: Sums, { deviation }: Standard, weights: Weights, l2: number): Step {
  const units = deviation.length;
  const size = units + 1;
  const scale = deviation.map((one) => (one === 0 ? 0 : 1 / one));
  const hessian = new Float64Array(size * size);
  const gradient = new Float64Array(size);
  for (let i = 0; i < units; i++) {
    const [own, row] = [scale[i] as number, i * (units + 2)];
    for (let j = 0; j < units; j++) hessian[i * size + j] = own * (scale[j] as number) * (products[row + j] as number);
    hessian[i * (size + 1)] = (hessian[i * (size + 1)] as number) + l2;
    const cross = own * (products[row + units] as number);
    hessian[i * size + units] = cross;
    hessian[units * size + i] = cross;
    gradient[i] = own * (products[row + units + 1] as number) - l2 * (weights[i] as number);
  }
  hessian[size * size - 1] = totals[0] as number;
  gradient[units] = totals[1] as number;
  const step = solve(hessian, gradient);
  return { step, gain: dot(gradient, step) / 2 };
}
