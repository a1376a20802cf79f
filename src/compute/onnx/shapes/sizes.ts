import type { GraphProto, ModelProto, NodeProto } from '../proto/onnx_pb.js';
import { rowDependent } from '../reach.ts';
import { viewOf } from '../view.ts';

/** Operators that give as many values as they find, or run as often as values say. */
const found = new Set('NonZero Unique Compress NonMaxSuppression Loop Scan StringSplit'.split(' '));

/** Operators that are told sizes: by which of their inputs. */
const told: Readonly<Record<string, readonly number[]>> = {
  Reshape: [1],
  Expand: [1],
  Tile: [1],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Pad: [1],
  TopK: [1],
  Range: [0, 1, 2],
  OneHot: [1],
  ConstantOfShape: [0],
  Resize: [1, 2, 3],
  Upsample: [1],
  If: [0],
};

/**
 * Whether sizes of the model's tensors may depend on the values in the rows, and not only on how many rows there are: made-up
 * rows then tell nothing about real ones, and a runtime may not survive them.
 */
export function hasSizesOfValues(model: ModelProto): boolean {
  const view = viewOf(model);
  const dependent = rowDependent(view);
  return view.nodes.some(
    (node) => isFound(node) || (told[node.opType] ?? []).some((index) => dependent.has(node.input[index] ?? '')),
  );
}

function isFound({ opType, attribute }: NodeProto): boolean {
  const bodies = attribute.flatMap(({ g, graphs }): GraphProto[] => (g === undefined ? graphs : [g, ...graphs]));
  return found.has(opType) || bodies.some((body) => body.node.some(isFound));
}
