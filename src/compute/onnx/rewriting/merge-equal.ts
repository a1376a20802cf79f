import { toBinary } from '@bufbuild/protobuf';
import { readInt } from '../attributes.ts';
import type { GraphProto, NodeProto, TensorProto, TypeProto } from '../proto/onnx_pb.js';
import { AttributeProtoSchema, TensorProto_DataType as Type } from '../proto/onnx_pb.js';
import { renamed } from '../rename.ts';
import { isExternal, rawBytesOf } from '../tensors.ts';

/** They give something else each time. */
const random = new Set(
  'RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial Bernoulli Dropout'.split(' '),
);

/** Columns, axes and shapes; equal floats may be different weights. */
const wholeNumbers: ReadonlySet<number> = new Set([Type.INT64, Type.INT32, Type.BOOL]);

/**
 * Computes once what a graph computes several times: equal operators on equal tensors become one node, and a Cast to the type that
 * a tensor has already is none. Exporters write a look-up for every place that uses it; after this, what one table gives for the
 * same ids is one tensor. Outputs of the graph keep their names. Expects nodes in topological order.
 */
export function mergeEqual(graph: GraphProto): void {
  const names = new Map<string, string>();
  const first = new Map<string, readonly string[]>();
  const outputs = new Set(graph.output.map(({ name }) => name));
  for (const tensor of graph.initializer) {
    const key = constantKey(tensor);
    const known = key === undefined ? undefined : first.get(key)?.[0];
    if (known !== undefined && !outputs.has(tensor.name)) names.set(tensor.name, known);
    else if (key !== undefined) first.set(key, [tensor.name]);
  }
  const types = new Map(graph.input.map(({ name, type }) => [name, elementType(type)]));
  graph.node = graph.node.flatMap((node) => {
    const read = renamed(node, names);
    const [source = ''] = read.input;
    const [made = ''] = read.output;
    const to = read.opType === 'Cast' && read.domain === '' ? readInt(read, 'to') : undefined;
    if (to !== undefined && to === types.get(source) && !outputs.has(made)) {
      names.set(made, source);
      return [];
    }
    if (to !== undefined) types.set(made, to);
    const key = nodeKey(read);
    const known = key === undefined ? undefined : first.get(key);
    if (known === undefined || read.output.some((name) => outputs.has(name))) {
      if (key !== undefined && known === undefined) first.set(key, read.output);
      return [read];
    }
    for (const [index, name] of read.output.entries()) names.set(name, known[index] ?? '');
    return [];
  });
  graph.initializer = graph.initializer.filter(({ name }) => !names.has(name));
}

const elementType = (type: TypeProto | undefined): number | undefined =>
  type?.value.case === 'tensorType' ? type.value.value.elemType : undefined;

function constantKey(tensor: TensorProto): string | undefined {
  if (!wholeNumbers.has(tensor.dataType) || isExternal(tensor)) return undefined;
  return `constant ${tensor.dataType} ${tensor.dims.join()} ${Buffer.from(rawBytesOf(tensor)).toString('base64')}`;
}

/** The same for nodes that give the same; undefined for those that nobody compares. */
function nodeKey({ domain, opType, input, output, attribute }: NodeProto): string | undefined {
  if (domain !== '' || random.has(opType) || attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0))
    return undefined;
  const attributes = attribute.map((one) => Buffer.from(toBinary(AttributeProtoSchema, one)).toString('base64')).sort();
  return JSON.stringify([opType, input, output.map((name) => name !== ''), attributes]);
}
