import { create } from '@bufbuild/protobuf';
import type { ModelProto } from '../proto/onnx_pb.js';
import { GraphProtoSchema, ModelProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from '../proto/onnx_pb.js';

/**
 * The same model with tensors in place of maps from classes to probabilities, which scikit-learn’s exporter ends classifiers with: a
 * ZipMap only names what its input holds, [rows, classes]. Expects a normalized model.
 */
export function withoutZipMaps(model: ModelProto): ModelProto {
  const { graph } = model;
  const maps = (graph?.node ?? []).filter(({ opType, domain }) => opType === 'ZipMap' && domain === 'ai.onnx.ml');
  if (graph === undefined || maps.length === 0) return model;
  const names = new Set(maps.flatMap(({ output }) => output));
  const node = graph.node.map((one) => {
    if (!maps.includes(one)) return one;
    const { name, input, output } = one;
    return create(NodeProtoSchema, { name, opType: 'Identity', input, output });
  });
  const output = graph.output.map((info) =>
    names.has(info.name) ? create(ValueInfoProtoSchema, { name: info.name }) : info,
  );
  const changed = Object.assign(create(GraphProtoSchema), graph, { node, output });
  return Object.assign(create(ModelProtoSchema), model, { graph: changed });
}
