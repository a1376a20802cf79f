import { using } from '../../../using.ts';
import type { TensorSpec } from '../../tensor.ts';
import type { ModelProto } from '../proto/onnx_pb.js';
import { rowDependent } from '../reach.ts';
import type { SessionSettings } from '../sessions/runtime.ts';
import { hasSizesOfValues } from '../shapes/sizes.ts';
import { integersOf } from '../tensors.ts';
import { viewOf } from '../view.ts';
import { Trial } from './trial.ts';

/** More than one would be a strange model. */
const mostTried = 4;

/**
 * The only number of rows that a model runs with though its inputs say that any will do: exporters that are told so only of the inputs
 * leave the size of their example in reshapes. undefined where another number of rows runs, too.
 */
export async function hiddenBatchSize(
  model: ModelProto,
  inputs: readonly TensorSpec[],
  settings: SessionSettings,
): Promise<number | undefined> {
  const sizes = writtenSizes(model);
  if (sizes.length === 0 || hasSizesOfValues(model)) return undefined;
  const names = viewOf(model).outputs.map(({ name }) => name);
  return using(await Trial.open(model, inputs, names, settings), async (trial) => {
    const runs = (rowCount: number): Promise<boolean> =>
      trial.run(Array.from({ length: rowCount }, (_, at) => at)).then(
        () => true,
        () => false,
      );
    for (const size of sizes.slice(0, mostTried)) if ((await runs(size)) && !(await runs(size + 1))) return size;
    return undefined;
  });
}

/** The first sizes that reshapes of rows are told, where they are numbers. */
function writtenSizes(model: ModelProto): number[] {
  const view = viewOf(model);
  const dependent = rowDependent(view);
  const first = view.nodes.flatMap(({ opType, input: [data = '', sizes = ''] }) => {
    const constant = view.initializers.get(sizes);
    return opType === 'Reshape' && dependent.has(data) && constant ? integersOf(constant).slice(0, 1) : [];
  });
  return [...new Set(first.filter((size) => size > 0))];
}
