import type { TensorSpec } from '../../compute/tensor.ts';
import { notFound, unsupportedByExecutor } from '../../errors.ts';
import type { Subject } from '../analysis.ts';

export function specOf({ graph }: Subject, name: string): TensorSpec {
  const spec = graph.tensors.find((tensor) => tensor.name === name);
  if (spec === undefined) throw notFound('tensor', name);
  return spec;
}

/** Shape of a tensor's rows. Throws UNSUPPORTED_BY_EXECUTOR where it is known at run time only. */
export function rowDimsOf(subject: Subject, name: string): number[] {
  const dims = specOf(subject, name).shape.slice(1);
  if (dims.every((dim) => dim !== null)) return dims;
  throw unsupportedByExecutor(
    `The tensor “${name}” has axes whose sizes are known at run time only; this method needs to know them. Export the model with fixed lengths, or ask for SALIENCY.`,
    { tensor: name },
  );
}
