import type { TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import { fromTensorProto } from '../tensors.ts';
import type { GraphView } from '../view.ts';

/**
 * The ids that a tensor is the one-hot form of, on its last axis: made by a OneHot, or by comparing ids [..., 1] with 0, 1, 2, …
 * as PyTorch's newer exporter writes it. Undefined for other tensors.
 */
export function oneHotIds(name: string, view: GraphView, specs: ReadonlyMap<string, TensorSpec>): string | undefined {
  const node = view.producers.get(name);
  const [first = '', second = ''] = node?.input ?? [];
  switch (node?.opType) {
    case 'Cast':
      return oneHotIds(first, view, specs);
    case 'OneHot': {
      const last = (specs.get(name)?.shape.length ?? 0) - 1;
      return [-1, last].includes(readInt(node, 'axis') ?? -1) ? first : undefined;
    }
    case 'Equal':
      if (isCount(second, view) && specs.get(first)?.shape.at(-1) === 1) return first;
      return isCount(first, view) && specs.get(second)?.shape.at(-1) === 1 ? second : undefined;
    default:
      return undefined;
  }
}

/** 0, 1, 2, … on the last axis, and nothing else. */
function isCount(name: string, { initializers }: GraphView): boolean {
  const proto = initializers.get(name);
  const tensor = proto && fromTensorProto(proto);
  if (tensor === undefined || tensor.dims.at(-1) !== tensor.data.length) return false;
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number).every((value, at) => value === at);
}
