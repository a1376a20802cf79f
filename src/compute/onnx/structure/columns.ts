import type { TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { integersOf } from '../tensors.ts';
import type { GraphView } from '../view.ts';

/** The tensor [rows, columns] that a node takes one column of, or some (`p[:, 0]`), and does nothing else. */
export function chosenFrom(
  { opType, input: [source = '', ...others] }: NodeProto,
  specs: ReadonlyMap<string, TensorSpec>,
  dependent: ReadonlySet<string>,
): string | undefined {
  if (opType !== 'Gather' && opType !== 'Slice') return undefined;
  return specs.get(source)?.shape.length === 2 && !others.some((name) => dependent.has(name)) ? source : undefined;
}

/** Which column of `source` each element of a row of what a node chooses is; undefined where it chooses rows. */
export function columnsChosen(node: NodeProto, source: TensorSpec | undefined, view: GraphView): number[] | undefined {
  const width = source?.shape[1];
  if (typeof width !== 'number') return undefined;
  const ofColumns = (axis: number | undefined): boolean => axis === 1 || axis === -1;
  if (node.opType === 'Gather') {
    const places = ofColumns(readInt(node, 'axis')) ? integersAt(node, 1, view) : undefined;
    return places?.map((place) => (place < 0 ? place + width : place));
  }
  const [start] = integersAt(node, 1, view) ?? [];
  const [end] = integersAt(node, 2, view) ?? [];
  const isPlain = node.input.length <= 4 || integersAt(node, 4, view)?.[0] === 1;
  return isPlain && ofColumns(integersAt(node, 3, view)?.[0]) && start !== undefined
    ? Array.from({ length: width }, (_, column) => column).slice(start, end)
    : undefined;
}

/** Values of an input that is a constant list of whole numbers. */
export function integersAt({ input }: NodeProto, at: number, view: GraphView): number[] | undefined {
  const proto = view.initializers.get(input[at] ?? '');
  return proto && integersOf(proto);
}
