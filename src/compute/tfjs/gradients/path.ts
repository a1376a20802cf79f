import { unsupportedOperator } from '../../../errors.ts';
import type { Blocker } from '../../graph.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';

/** Operators of TensorFlow that tfjs computes with a kernel of another name. */
const kernels: Readonly<Record<string, string>> = {
  BiasAdd: 'Add',
  AddV2: 'Add',
  Mul: 'Multiply',
  Div: 'RealDiv',
  DivNoNan: 'RealDiv',
  MatMul: 'BatchMatMul',
  BatchMatMulV2: 'BatchMatMul',
  Squeeze: 'Reshape',
  ConcatV2: 'Concat',
  Split: 'SplitV',
  Pad: 'PadV2',
  Gather: 'GatherV2',
  ResourceGather: 'GatherV2',
  BroadcastTo: 'Tile',
  SelectV2: 'Select',
  FusedBatchNormV2: 'FusedBatchNorm',
  FusedBatchNormV3: 'FusedBatchNorm',
  ReverseV2: 'Reverse',
  StopGradient: 'Identity',
  Snapshot: 'Identity',
};

/** They are constant almost everywhere, or read no values at all. */
const constant = new Set(
  `Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot LogicalXor Any All ArgMax ArgMin Floor
  Ceil Round Sign OneHot ZerosLike OnesLike Shape Size Rank Const Placeholder`.split(/\s+/),
);
const floatType = new Set(['DT_FLOAT', '1']);

/** The gradient stops here: it is zero. */
const isConstant = ({ op, attr }: NodeDef): boolean =>
  constant.has(op) || (op === 'Cast' && !floatType.has(String(attr?.DstT?.type)));

/** Nodes without a gradient between any of `wrt` and `target`, in topological order. */
export function blockersBetween(model: Opened, target: string, wrt: readonly string[]): Omit<Blocker, 'targets'>[] {
  const { view } = model;
  const relevant = new Set([nodeOf(target)]);
  for (const name of relevant) {
    const node = view.byName.get(name);
    if (node !== undefined && !isConstant(node)) for (const input of inputsOf(node)) relevant.add(nodeOf(input));
  }
  const wanted = new Set(wrt.map(nodeOf));
  const reached = new Set(wanted);
  const blockers: Omit<Blocker, 'targets'>[] = [];
  for (const node of view.nodes) {
    if (!relevant.has(node.name) || isConstant(node)) continue;
    if (!inputsOf(node).some((name) => reached.has(nodeOf(name)))) continue;
    reached.add(node.name);
    if (wanted.has(node.name) || hasGradient(model, node)) continue;
    blockers.push({ operator: node.op, node: node.name, reason: `TensorFlow.js has no gradient of ${node.op}` });
  }
  return blockers;
}

/**
 * A tape notices an operator without a gradient only when it runs. This looks at every operator between `wrt` and what is
 * differentiated first. Throws UNSUPPORTED_OPERATOR.
 */
export function checkPath(model: Opened, target: string, wrt: string): void {
  const [first] = blockersBetween(model, target, [wrt]);
  if (first === undefined) return;
  const { operator, node } = first;
  throw unsupportedOperator(
    `TensorFlow.js has no gradient of ${operator} (“${node}”), which lies between “${wrt}” and “${target}”. Export the model as ONNX.`,
    { ...first },
  );
}

const hasGradient = ({ tf, executable }: Opened, { name, op }: NodeDef): boolean =>
  'differentiates' in executable ? executable.differentiates(name) : tf.getGradient(kernels[op] ?? op) !== undefined;
