import { attributeNamed } from '../attributes.ts';
import { integersOf } from '../fold.ts';
import type { GraphProto } from '../proto/onnx_pb.js';
import { renamed } from '../rename.ts';
import { fromTensorProto } from '../tensors.ts';
import type { Rules } from './rule.ts';
import type { Site } from './site.ts';
import type { Value } from './value.ts';

/** Control flow. Of a Loop or a Scan there is no rule. */
export const control: Rules = {
  /** Exporters put an If around a Squeeze: once sizes are known, so is the branch. What it captures are its inputs. */
  If: {
    forward: (site) => {
      const [condition] = integersOf(site.graph, site.node.input[0] ?? '') ?? [];
      if (condition === undefined) throw site.unsupported('which of its branches runs is known at run time only');
      const branch = attributeNamed(site.node, condition ? 'then_branch' : 'else_branch')?.g;
      if (branch === undefined) throw site.unsupported('it lacks a branch');
      return inlined(site, branch);
    },
  },
};

/** The outputs of a body without inputs, whose nodes are added to the graph around it under names of their own. */
function inlined(site: Site, body: GraphProto): Value[] {
  const names = new Map<string, string>();
  for (const proto of body.initializer) {
    const tensor = fromTensorProto(proto);
    if (tensor === undefined) throw site.unsupported(`the weight “${proto.name}” of its body cannot be read`);
    names.set(proto.name, site.graph.constant(tensor));
  }
  for (const node of body.node) {
    const { opType, domain, input, output, attribute } = renamed(node, names);
    if (domain !== '') throw site.unsupported(`its body has a node of the domain “${domain}”`);
    const attributes = Object.fromEntries(attribute.map((each) => [each.name, each]));
    const added = site.graph.node(opType, input, attributes, output.length);
    for (const [index, name] of output.entries()) names.set(name, added[index] ?? '');
  }
  return body.output.map(({ name }, index) => site.value(names.get(name) ?? name).like(site.output(index)));
}
