import type { LayerGraph } from '../../compute/graph.ts';
import { concat, matmul, mul, type Program, parameter, reshape, sub, transpose } from '../../compute/program.ts';
import type { Outputs } from '../analysis.ts';
import { type Gram, gramOfSums } from '../sums/gram.ts';
import { meansOfRows, nearMean } from '../units/units.ts';

/** A column vector of one number a row, given with every batch. */
export const ofRows = (name: string) => reshape(parameter(name, 'float32', [null]), [-1, 1]);

/** What is left of a square in float32 when its mean is taken away, and less of it, is nothing. */
const leastVariance = 1e-6;
/** Nor is a deviation that float32 does not tell from its mean. */
const leastDeviation = 1e-6;

/** Of the units, behind which is the target; 0 for one that is constant. */
export const deviationsOf = ({ count, mean, products }: Gram): Float64Array =>
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

/** Of a batch with `count` known targets: units, then the target. */
export function gramOfBatch(outputs: Outputs, count: number): Gram {
  const sums = outputs.products?.data as Float32Array;
  const gram = gramOfSums(sums, outputs.shift?.data as Float32Array, count);
  const { products, mean } = gram;
  const size = mean.length;
  for (let at = 0; at < size; at++)
    if ((products[at * (size + 1)] as number) < leastVariance * (sums[at * (size + 2)] as number))
      products[at * (size + 1)] = 0;
  return gram;
}
