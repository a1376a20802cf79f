import {
  concat,
  type Expression,
  parameter,
  programType,
  reduceMean,
  reshape,
  slice,
  sub,
} from '../../compute/program.ts';
import type { Tensor } from '../../compute/tensor.ts';
import type { Batch } from '../../data/types.ts';
import type { Subject } from '../analysis.ts';
import { targetOf } from '../target.ts';
import { oneNumberEach, withoutEach } from './ablation.ts';
import { repeated } from './copies.ts';
import { placesOf, programTensor, replacedInputs } from './inputs.ts';
import type { Method } from './method.ts';
import { copyOf, eachOf } from './perturbed.ts';
import { ofCopies } from './positions.ts';

/**
 * f(x) − f(x with a feature's value of another row), the mean over samples (after Breiman 2001, row by row); a group takes the values of
 * one other row at once. Which row it is: the one so many places further among all selected rows, from the last on to the first again,
 * a distance that is drawn for each sample and never zero. Every row lends its values exactly once a sample, none to itself.
 */
export const permutation: Method = {
  rows(spec, subject) {
    const samples = spec.samples ?? 1;
    const players = withoutEach(subject);
    const own = new Array<number>(subject.features.length).fill(1);
    const positions = [...new Array<number[][]>(samples).fill(players).flat(), own];
    const count = positions.length;
    const f = eachOf(count, targetOf(subject, spec.target));
    const permuted = reshape(slice(f, 0, 0, count - 1), [samples, players.length, -1]);
    return {
      ...oneNumberEach(sub(slice(f, 0, count - 1, count), reduceMean(permuted, [0]))),
      target: copyOf(f, count - 1),
      atRows: (value) => copyOf(eachOf(count, value), count - 1),
      ...replacedInputs(count, { columns: ofCopies(positions), columnOf: (at) => at }, subject, (input) =>
        ofOthers(input, samples, players.length, subject),
      ),
      others: { count: samples, seed: spec.seed ?? 0 },
    };
  },
  parameters: (_, { graph }, { others = [] }: Batch) =>
    Object.fromEntries(
      others.flatMap((inputs, sample) =>
        graph.inputs.map(({ name, dtype }) => {
          const { dims, data } = inputs[name] as Tensor;
          return [`other${sample}/${name}`, programTensor(dims, data, dtype)];
        }),
      ),
    ),
};

/** [copies · rows, …]: what other rows have in an input, for every sample and player, and for the row itself anything. */
function ofOthers(input: string, samples: number, playerCount: number, subject: Subject): Expression {
  const { dims } = placesOf(input, subject);
  const dtype = programType(subject.graph.inputs.find(({ name }) => name === input)?.dtype ?? 'float32');
  const other = (sample: number): Expression => parameter(`other${sample}/${input}`, dtype, [null, ...dims]);
  const bySample = Array.from({ length: samples }, (_, sample) => repeated(other(sample), playerCount));
  return concat([...bySample, other(0)], 0);
}
