import { create } from '@bufbuild/protobuf';
import { inOrder } from '../order.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from '../proto/onnx_pb.js';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from '../proto/onnx_pb.js';
import { renamed } from '../rename.ts';
import { mergeEqual } from './merge-equal.ts';

/** From version 4 on, initializers need not be listed as inputs; 8 is what opsets up to 18 came with. */
const oldestIrVersion = 8n;

/**
 * The same model in the one form that everything behind registration knows: nodes in topological order, constants as
 * initializers, initializers not among the inputs and not behind an Identity, equal nodes merged, nothing but the computation (no
 * documentation, metadata, training information or producer). Expects a checked model.
 */
export function normalized(model: ModelProto): ModelProto {
  const graph = stripped(model.graph ?? create(GraphProtoSchema));
  graph.name = 'model';
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  graph.input = graph.input.filter(({ name }) => !initializers.has(name));
  hoistConstants(graph);
  removeAliases(graph);
  mergeEqual(graph);
  return create(ModelProtoSchema, {
    irVersion: model.irVersion > oldestIrVersion ? model.irVersion : oldestIrVersion,
    // An exporter may say the same twice (scikit-learn's).
    opsetImport: [...new Map(model.opsetImport.map(({ domain, version }) => [plainDomain(domain), version]))].map(
      ([domain, version]) => create(OperatorSetIdProtoSchema, { domain, version }),
    ),
    graph,
  });
}

function stripped(graph: GraphProto): GraphProto {
  const withoutNotes = ({ name, type }: GraphProto['input'][number]) =>
    Object.assign(create(ValueInfoProtoSchema), { name }, type && { type });
  return Object.assign(create(GraphProtoSchema), {
    name: graph.name,
    node: (inOrder(graph.node) ?? graph.node).map(strippedNode),
    initializer: graph.initializer.map(strippedTensor),
    input: graph.input.map(withoutNotes),
    output: graph.output.map(withoutNotes),
    valueInfo: graph.valueInfo.map(withoutNotes),
  });
}

function strippedNode({ name, opType, domain, input, output, attribute }: NodeProto): NodeProto {
  return create(NodeProtoSchema, {
    name,
    opType,
    domain: plainDomain(domain),
    input: [...input],
    output: [...output],
    attribute: attribute.map(strippedAttribute),
  });
}

const strippedAttribute = ({ docString: _, ...rest }: AttributeProto): AttributeProto =>
  Object.assign(
    create(AttributeProtoSchema),
    rest,
    rest.g && { g: stripped(rest.g) },
    rest.graphs?.length > 0 && { graphs: rest.graphs.map(stripped) },
  );

/** The default domain has two names. */
const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

const strippedTensor = ({ docString: _, metadataProps: __, ...rest }: TensorProto): TensorProto =>
  Object.assign(create(TensorProtoSchema), rest);

/** Exporters write constants as hundreds of Constant nodes; those of text stay. */
function hoistConstants(graph: GraphProto): void {
  graph.node = graph.node.filter((node) => {
    const tensor = node.opType === 'Constant' ? constantOf(node) : undefined;
    if (tensor !== undefined) graph.initializer.push(Object.assign(tensor, { name: node.output[0] ?? '' }));
    return tensor === undefined;
  });
}

function constantOf({ attribute }: NodeProto): TensorProto | undefined {
  const [value] = attribute;
  const { FLOAT, INT64 } = TensorProto_DataType;
  const tensor = (dataType: TensorProto_DataType, dims: number[], values: Float32Array | BigInt64Array) =>
    create(TensorProtoSchema, { dataType, dims: dims.map(BigInt), rawData: new Uint8Array(values.buffer) });
  switch (value?.name) {
    case 'value':
      return value.t && strippedTensor(value.t);
    case 'value_float':
      return tensor(FLOAT, [], Float32Array.of(value.f));
    case 'value_floats':
      return tensor(FLOAT, [value.floats.length], Float32Array.from(value.floats));
    case 'value_int':
      return tensor(INT64, [], BigInt64Array.of(value.i));
    case 'value_ints':
      return tensor(INT64, [value.ints.length], BigInt64Array.from(value.ints));
    default:
      return undefined;
  }
}

/** Exporters share equal weights through Identity: whoever reads such an Identity reads the weight itself. */
function removeAliases(graph: GraphProto): void {
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  const outputs = new Set(graph.output.map(({ name }) => name));
  const aliases = new Map<string, string>();
  graph.node = graph.node.flatMap((node) => {
    const read = renamed(node, aliases);
    const [source = ''] = read.input;
    const [name = ''] = read.output;
    const isAlias = read.opType === 'Identity' && initializers.has(source) && !outputs.has(name);
    if (isAlias) aliases.set(name, source);
    return isAlias ? [] : [read];
  });
}
