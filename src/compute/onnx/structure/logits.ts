import type { LogitTensor } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { integersOf } from '../tensors.ts';
import type { GraphView } from '../view.ts';

type Specs = ReadonlyMap<string, TensorSpec>;

/** They keep the elements of a row in their order. */
const transparent = new Set(['Identity', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten', 'Dropout']);

/**
 * Of every element of every output that is a sigmoid, or a class of a softmax: the tensor before it. Multi-task models are a Concat of
 * sigmoids; a product of sigmoids has no logit tensor, and is not in the list.
 */
export function findLogits(view: GraphView, specs: Specs): LogitTensor[] {
  return view.outputs.flatMap(({ name: output }) => {
    const width = rowWidth(specs.get(output));
    if (width === undefined) return [];
    return Array.from({ length: width }, (_, index) => index).flatMap((index) => {
      const found = before(output, index, view, specs);
      return found === undefined ? [] : [{ output, index, ...found }];
    });
  });
}

type Found = Omit<LogitTensor, 'output' | 'index'>;

function before(name: string, index: number, view: GraphView, specs: Specs): Found | undefined {
  const node = view.producers.get(name);
  if (node === undefined) return undefined;
  if (node.opType === 'Sigmoid') {
    const tensor = node.input[0] as string;
    return specs.has(tensor) ? { tensor, tensorIndex: index } : undefined;
  }
  if (node.opType === 'Softmax') return beforeSoftmax(node, index, view, specs);
  if (transparent.has(node.opType)) return before(node.input[0] as string, index, view, specs);
  const place = placeTaken(node, index, view, specs);
  if (place !== undefined) return before(node.input[0] as string, place, view, specs);
  if (node.opType !== 'Concat') return undefined;
  let start = 0;
  for (const part of node.input) {
    const width = rowWidth(specs.get(part));
    if (width === undefined) return undefined;
    if (index < start + width) return before(part, index - start, view, specs);
    start += width;
  }
  return undefined;
}

/** Of a softmax over the last axis, whatever is before it: its classes lie side by side. */
function beforeSoftmax(node: NodeProto, index: number, { opset }: GraphView, specs: Specs): Found | undefined {
  const tensor = node.input[0] as string;
  const shape = specs.get(tensor)?.shape ?? [];
  const axis = readInt(node, 'axis') ?? (opset < 13 ? 1 : -1);
  const count = shape.at(-1);
  if (shape.length < 2 || typeof count !== 'number' || count < 2 || (axis !== -1 && axis !== shape.length - 1))
    return undefined;
  const start = index - (index % count);
  return { tensor, tensorIndex: index, classes: { start, end: start + count } };
}

/** Of an element that one column, or some, were taken for (`p[:, 0]`): its place in a row of what they were taken of. */
function placeTaken(node: NodeProto, index: number, view: GraphView, specs: Specs): number | undefined {
  const { opType, input } = node;
  const source = specs.get(input[0] ?? '')?.shape;
  const width = source?.length === 2 ? source[1] : undefined;
  const numbers = (at: number): number[] | undefined => {
    const proto = view.initializers.get(input[at] ?? '');
    return proto && integersOf(proto);
  };
  const ofColumns = (axis: number | undefined): boolean => axis === 1 || axis === -1;
  if (typeof width !== 'number') return undefined;
  const fromStart = (place: number | undefined) => (place === undefined || place >= 0 ? place : place + width);
  if (opType === 'Gather') return ofColumns(readInt(node, 'axis')) ? fromStart(numbers(1)?.[index]) : undefined;
  if (opType !== 'Slice' || !ofColumns(numbers(3)?.[0]) || (input.length > 4 && numbers(4)?.[0] !== 1))
    return undefined;
  const start = fromStart(numbers(1)?.[0]);
  return start === undefined ? undefined : start + index;
}

/** Elements of a row; undefined where that is not static. A vector [rows] has one. */
function rowWidth(spec: TensorSpec | undefined): number | undefined {
  if (spec === undefined) return undefined;
  const rest = spec.shape.slice(1);
  return rest.includes(null) ? undefined : rest.reduce<number>((product, dim) => product * (dim as number), 1);
}
