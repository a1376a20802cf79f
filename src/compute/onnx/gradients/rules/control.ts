import { attributeNamed } from '../../attributes.ts';
import type { GraphProto } from '../../proto/onnx_pb.js';
import { renamed } from '../../rename.ts';
import { integersOf } from '../../shapes/constant-folding.ts';
import { fromTensorProto } from '../../tensors.ts';
import type { Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';
import { bodyOfScan } from './scan.ts';

/** Control flow. Of a Loop there is no rule, nor of a Scan that carries a state from step to step. */
export const control: Rules = {
  /**
   * PyTorch's older exporter puts an If around a Squeeze: once sizes are known, so is the branch, and what it captures are its
   * inputs. Where they are not, both branches give the same elements, and the gradient has the shape of what they arrange.
   */
  If: {
    forward: (site) => {
      const branches = ['then_branch', 'else_branch'].map((name) => attributeNamed(site.node, name)?.g);
      const [condition] = integersOf(site.graph, site.node.input[0] ?? '') ?? [];
      const chosen = condition === undefined ? undefined : branches[condition ? 0 : 1];
      if (chosen !== undefined) return inlined(site, chosen);
      const [source, other] = branches.map((branch) => branch && arranged(branch));
      if (source === undefined || source !== other)
        throw site.unsupported('which of its branches runs is known at run time only');
      return [site.value(source).reshape(site.y.sizes()).like(site.y)];
    },
  },
  Scan: { body: bodyOfScan },
};

const arranging = new Set(['Identity', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten']);

/** The tensor of outside whose elements a body gives out in their order, if that is all that it does. */
function arranged({ node: nodes, output: [output, ...others] }: GraphProto): string | undefined {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  let name = output?.name;
  for (let node = producers.get(name ?? ''); node !== undefined; node = producers.get(name ?? '')) {
    if (!arranging.has(node.opType) || node.domain !== '') return undefined;
    name = node.input[0];
  }
  return others.length === 0 ? name : undefined;
}

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
