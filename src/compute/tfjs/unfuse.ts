import type { Attribute, NodeDef } from './model-json.ts';
import { textOf } from './model-json.ts';

/** Fused operator → the linear one in it. */
const linear: Readonly<Record<string, string>> = {
  _FusedMatMul: 'MatMul',
  _FusedConv2D: 'Conv2D',
  FusedDepthwiseConv2dNative: 'DepthwiseConv2dNative',
};

/**
 * The converter fuses a bias and an activation into what comes before them, which hides the tensors between, the logit above all.
 * Taken apart, the last node keeps the name, and the values stay what they were.
 */
export const unfused = (nodes: readonly NodeDef[]): NodeDef[] => nodes.flatMap(apart);

function apart(node: NodeDef): NodeDef[] {
  const op = linear[node.op];
  const steps = (node.attr?.fused_ops?.list?.s ?? []).map(textOf);
  if (op === undefined || steps[0] !== 'BiasAdd') return [node];
  const { name, input = [], attr = {} } = node;
  const [a = '', b = '', bias = '', slope = ''] = input;
  const { fused_ops: _, num_args: __, leakyrelu_alpha: alpha, ...own } = attr;
  const T: Readonly<Record<string, Attribute>> = attr.T === undefined ? {} : { T: attr.T };
  const chain: NodeDef[] = [
    { name: `${name}/${op}`, op, input: [a, b], attr: own },
    { name: `${name}/BiasAdd`, op: 'BiasAdd', input: [`${name}/${op}`, bias], attr: T },
  ];
  const [, activation] = steps;
  if (activation === undefined) return [chain[0] as NodeDef, { ...(chain[1] as NodeDef), name }];
  const before = `${name}/BiasAdd`;
  const last: NodeDef =
    activation === 'Prelu'
      ? { name, op: 'Prelu', input: [before, slope], attr: T }
      : {
          name,
          op: activation,
          input: [before],
          attr: activation === 'LeakyRelu' && alpha !== undefined ? { ...T, alpha } : T,
        };
  return [...chain, last];
}
