import { create, toBinary } from '@bufbuild/protobuf';
import type { ModelProto } from './proto/onnx_pb.js';
import { GraphProtoSchema, ModelProtoSchema, ValueInfoProtoSchema } from './proto/onnx_pb.js';

/** The model's bytes, with these tensors, and no others, as its outputs; onnxruntime infers their types. */
export function givingOut(model: ModelProto, names: readonly string[]): Uint8Array {
  const output = names.map((name) => create(ValueInfoProtoSchema, { name }));
  const graph = Object.assign(create(GraphProtoSchema), model.graph, { output });
  return toBinary(ModelProtoSchema, Object.assign(create(ModelProtoSchema), model, { graph }));
}
