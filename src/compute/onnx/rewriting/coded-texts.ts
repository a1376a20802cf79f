import { clone } from '@bufbuild/protobuf';
import type { TextInputs } from '../../graph.ts';
import { GraphBuilder } from '../builder.ts';
import { only } from '../operators.ts';
import { inOrder } from '../order.ts';
import type { ModelProto, ValueInfoProto } from '../proto/onnx_pb.js';
import { TensorProto_DataType, ValueInfoProtoSchema } from '../proto/onnx_pb.js';

/** A model, and which of its inputs were texts. */
export interface CodedTexts {
  readonly model: ModelProto;
  readonly texts?: TextInputs;
}

/**
 * The same model with whole numbers in place of texts, so that whatever replaces, moves and repeats ids does it to texts, too: an
 * input of texts keeps its name and becomes int64, places in a list of texts that is a further input; whoever read the texts reads
 * those at the places. Expects a normalized model.
 */
export function withCodedTexts(model: ModelProto): CodedTexts {
  const isText = ({ type }: ValueInfoProto): boolean =>
    type?.value.case === 'tensorType' && type.value.value.elemType === TensorProto_DataType.STRING;
  const inputs = (model.graph?.input ?? []).filter(isText);
  if (inputs.length === 0) return { model };
  const builder = new GraphBuilder(model, new Map());
  const list = builder.input('texts', 'string', [null]);
  for (const { name } of inputs) {
    const texts = builder.replace(name);
    builder.assign(texts, only(builder.node('Gather', [list, name], { axis: 0 })));
  }
  const { graph } = builder.model;
  if (graph !== undefined) {
    graph.input = graph.input.map((input) => (inputs.includes(input) ? coded(input) : input));
    graph.node = [...(inOrder(graph.node) ?? graph.node)];
  }
  return { model: builder.model, texts: { inputs: inputs.map(({ name }) => name), list } };
}

function coded(input: ValueInfoProto): ValueInfoProto {
  const changed = clone(ValueInfoProtoSchema, input);
  if (changed.type?.value.case === 'tensorType') changed.type.value.value.elemType = TensorProto_DataType.INT64;
  return changed;
}
