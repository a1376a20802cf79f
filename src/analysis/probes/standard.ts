import type { LayerGraph } from '../../compute/graph.ts';
import { concat, matmul, mul, type Program, parameter, reshape, sub, transpose } from '../../compute/program.ts';
import type { Outputs } from '../analysis.ts';
import { meansOfRows, nearMean } from '../units.ts';

/**
 * A layer's units and the target over the rows that have one: count, means, and the centred products of all pairs, the target
 * last. [units + 1], [units + 1, units + 1].
 */
export interface Products {
  count: number;
  readonly mean: Float64Array;
  readonly products: Float64Array;
}

export const emptyProducts = (units: number): Products => ({
  count: 0,
  mean: new Float64Array(units + 1),
  products: new Float64Array((units + 1) ** 2),
});

/** A column vector of one number a row, given with every batch. */
export const ofRows = (name: string) => reshape(parameter(name, 'float32', [null]), [-1, 1]);

/** What is left of a square in float32 when its mean is taken away, and less of it, is nothing. */
const leastVariance = 1e-6;
/** Nor is a deviation that float32 does not tell from its mean. */
const leastDeviation = 1e-6;

/** Of the units; 0 for one that is constant. */
export const deviationsOf = ({ count, mean, products }: Products): Float64Array =>
  mean.subarray(0, -1).map((own, unit) => {
    const deviation = Math.sqrt((products[unit * (mean.length + 1)] as number) / count);
    return deviation > leastDeviation * Math.abs(own) ? deviation : 0;
  });

/** Shifted near their means, so that float32 loses nothing to them. Needs `value` and `known` of every row. */
export function productsProgram(layer: LayerGraph): Program {
  const units = meansOfRows(layer);
  const shift = nearMean(units);
  const known = ofRows('known');
  const values = concat([sub(units, shift), ofRows('value')], 1);
  return {
    outputs: {
      shift,
      /** [units + 1, units + 2]: products of pairs, then sums. */
      products: matmul(transpose(mul(values, known), [1, 0]), concat([values, known], 1)),
    },
  };
}

/** Of a batch with `count` known targets. */
export function productsOfBatch(outputs: Outputs, count: number): Products {
  const shift = outputs.shift?.data as Float32Array;
  const sums = outputs.products?.data as Float32Array;
  const size = shift.length + 1;
  const part = emptyProducts(shift.length);
  if (count === 0) return part;
  part.count = count;
  const sumOf = (at: number): number => sums[at * (size + 1) + size] as number;
  for (let i = 0; i < size; i++) {
    const mean = sumOf(i) / count;
    part.mean[i] = mean + (shift[i] ?? 0);
    for (let j = 0; j < size; j++) part.products[i * size + j] = (sums[i * (size + 1) + j] as number) - mean * sumOf(j);
    const square = sums[i * (size + 2)] as number;
    if ((part.products[i * (size + 1)] as number) < leastVariance * square) part.products[i * (size + 1)] = 0;
  }
  return part;
}

/** Adds b to a, in place (Chan, Golub & LeVeque 1983). */
export function addProducts(a: Products, b: Products): void {
  const count = a.count + b.count;
  if (b.count === 0) return;
  const step = b.mean.map((mean, at) => mean - (a.mean[at] as number));
  const weight = (a.count * b.count) / count;
  const size = step.length;
  for (let i = 0; i < size; i++) {
    const scaled = (step[i] as number) * weight;
    for (let j = 0, at = i * size; j < size; j++, at++)
      a.products[at] = (a.products[at] as number) + (b.products[at] as number) + scaled * (step[j] as number);
    a.mean[i] = (a.mean[i] as number) + ((step[i] as number) * b.count) / count;
  }
  a.count = count;
}
