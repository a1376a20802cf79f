import { create } from '@bufbuild/protobuf';
import type { TensorSpec } from '../../../tensor.ts';
import { attributeNamed } from '../../attributes.ts';
import { GraphBuilder } from '../../builder.ts';
import type { GraphProto, ModelProto, ValueInfoProto } from '../../proto/onnx_pb.js';
import { GraphProtoSchema, ModelProtoSchema, ValueInfoProtoSchema } from '../../proto/onnx_pb.js';
import { prune } from '../../prune.ts';
import { valueInfoOf } from '../../tensors.ts';
import { captures } from '../../view.ts';
import type { Body } from '../rule.ts';
import type { Site } from '../site.ts';

/** The body of a Scan without a state, whose steps are along the first axis of all that it reads and gives. */
export function bodyOfScan(site: Site): Body {
  const { graph: outer, node } = site;
  const body = attributeNamed(node, 'body')?.g;
  if (body === undefined || site.int('num_scan_inputs', 0) !== node.input.length)
    throw site.unsupported('what it computes in one step depends on the steps before it');
  for (const name of ['scan_input_axes', 'scan_output_axes', 'scan_input_directions', 'scan_output_directions'])
    if (site.ints(name)?.some((value) => value !== 0)) throw site.unsupported('its steps are not along the first axis');
  const around = outer.model.graph?.initializer ?? [];
  const model: ModelProto = Object.assign(create(ModelProtoSchema), outer.model, {
    graph: Object.assign(create(GraphProtoSchema), body, { initializer: [...around, ...body.initializer], output: [] }),
  });
  const graph = new GraphBuilder(model, specsIn(body, site), `${outer.uniqueName('step')}/`);
  const outside = new Set(around.map(({ name }) => name));
  return {
    graph,
    inputs: body.input.map(({ name }) => name),
    outputs: body.output.map(({ name }) => name),
    again(inputs, outputs) {
      prune(graph.model, outputs);
      const { node: nodes = [], initializer = [], input = [] } = graph.model.graph ?? {};
      for (const name of nodes.flatMap(({ output }) => output)) {
        const spec = graph.specOf(name);
        if (spec !== undefined) outer.declare(name, spec.dtype, spec.shape);
      }
      const again = create(GraphProtoSchema, {
        name: 'gradient',
        node: nodes,
        initializer: initializer.filter(({ name }) => !outside.has(name)),
        input,
        output: outputs.map((name) => declared(graph, name)),
      });
      const read = input.map(({ name }) => inputs.get(name) ?? '');
      const attributes = { body: { graph: again }, num_scan_inputs: read.length };
      return outer.node('Scan', read, attributes, outputs.length);
    },
  };
}

/** A Scan wants to know the rank of what it stacks. */
function declared(graph: GraphBuilder, name: string): ValueInfoProto {
  const spec = graph.specOf(name);
  return spec === undefined ? create(ValueInfoProtoSchema, { name }) : valueInfoOf(name, spec.dtype, spec.shape);
}

/** What is known of every tensor that the nodes of a body name: its own, and those around it. */
function specsIn(body: GraphProto, { graph, node }: Site): Map<string, TensorSpec> {
  const names = body.node.flatMap((each) => [...each.input, ...captures(each), ...each.output]);
  const known = [...names, ...body.input.map(({ name }) => name)].flatMap((name) => graph.specOf(name) ?? []);
  const steps = [
    body.input.map(({ name }, at) => [name, node.input[at]]),
    body.output.map(({ name }, at) => [name, node.output[at]]),
  ];
  const ofSteps = steps.flat().flatMap(([name = '', whole = '']): TensorSpec[] => {
    const spec = graph.specOf(whole);
    return spec === undefined ? [] : [{ ...spec, name, shape: spec.shape.slice(1) }];
  });
  return new Map([...ofSteps, ...known].map((spec) => [spec.name, spec]));
}
