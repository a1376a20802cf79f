import { create } from '@bufbuild/protobuf';
import type { GraphProto, NodeProto } from './proto/onnx_pb.js';
import { AttributeProtoSchema, GraphProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from './proto/onnx_pb.js';
import { captures } from './view.ts';

/** The node reading other tensors: from → to, also where the bodies of control flow read them. The node itself stays as it is. */
export function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const captured = captures(node).some((name) => names.has(name));
  if (!captured && !node.input.some((name) => names.has(name))) return node;
  return Object.assign(create(NodeProtoSchema), node, {
    input: node.input.map((name) => names.get(name) ?? name),
    attribute: captured ? node.attribute.map((attribute) => renamedBodies(attribute, names)) : node.attribute,
  });
}

function renamedBodies(attribute: NodeProto['attribute'][number], names: ReadonlyMap<string, string>) {
  const { g, graphs } = attribute;
  if (g === undefined && graphs.length === 0) return attribute;
  return Object.assign(create(AttributeProtoSchema), attribute, g && { g: renamedBody(g, names) }, {
    graphs: graphs.map((body) => renamedBody(body, names)),
  });
}

/** What the body itself makes hides a name of outside. */
function renamedBody(body: GraphProto, outer: ReadonlyMap<string, string>): GraphProto {
  const names = new Map(outer);
  for (const { name } of [...body.input, ...body.initializer]) names.delete(name);
  for (const { output } of body.node) for (const name of output) names.delete(name);
  return Object.assign(create(GraphProtoSchema), body, {
    node: body.node.map((node) => renamed(node, names)),
    output: body.output.map((info) =>
      Object.assign(create(ValueInfoProtoSchema), info, { name: names.get(info.name) ?? info.name }),
    ),
  });
}
