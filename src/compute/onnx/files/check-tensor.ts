import { modelRejected } from '../../../errors.ts';
import { modelLimits } from '../../../limits.ts';
import type { TensorProto } from '../proto/onnx_pb.js';
import { TensorProto_DataType } from '../proto/onnx_pb.js';
import { elementBytes, isExternal, rawBytesOf } from '../tensors.ts';

/** Dimensions within the limits, and exactly as much data as they say. `inner`: in a body or an attribute. */
export function checkTensor(tensor: TensorProto, inner: boolean): void {
  const { name, dims, dataType } = tensor;
  if (dims.length > modelLimits.rank)
    throw modelRejected(`The tensor “${name}” has ${dims.length} dimensions; ${modelLimits.rank} are the limit.`);
  if (dims.some((dim) => dim < 0n)) throw modelRejected(`The tensor “${name}” has a negative dimension.`);
  const elementCount = dims.reduce((product, dim) => product * dim, 1n);
  if (elementCount > modelLimits.elementCount)
    throw modelRejected(
      `The tensor “${name}” has ${elementCount} elements; ${modelLimits.elementCount} are the limit.`,
    );
  if (tensor.segment !== undefined)
    throw modelRejected(`The tensor “${name}” is stored in segments, which are not read.`);
  const bytes = elementBytes(dataType);
  if (bytes === undefined && dataType !== TensorProto_DataType.STRING)
    throw modelRejected(`The tensor “${name}” has the element type ${dataType}, which is not read.`);
  if (isExternal(tensor)) {
    if (inner || bytes === undefined)
      throw modelRejected(`The tensor “${name}” may not lie in another file. Save it in the model file.`);
    return;
  }
  const [expected, found, unit] =
    bytes === undefined
      ? [Number(elementCount), tensor.stringData.length, 'strings']
      : [Number(elementCount) * bytes, rawBytesOf(tensor).length, 'bytes'];
  if (expected !== found)
    throw modelRejected(
      `The tensor “${name}” of shape [${dims.join(', ')}] needs ${expected} ${unit} and has ${found}. Export the model again.`,
    );
}
