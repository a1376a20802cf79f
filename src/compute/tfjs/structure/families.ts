import type { LayerKind } from '../../graph.ts';

/** How TensorFlow's operators are told apart when a graph is read for its layers. */
const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** They move values about and compute none. */
export const bookkeeping = names(
  'Identity Reshape Squeeze ExpandDims Transpose Cast BroadcastTo Tile StopGradient Snapshot Pad PadV2 MirrorPad',
);
/** Bookkeeping that leaves some values out. */
export const selection = names('Slice StridedSlice Split SplitV Unpack GatherV2 GatherNd TopKV2');
/** They need only one element to compute one, and are linear in it. */
export const affine = names('BiasAdd Add AddV2 AddN Sub Mul Div RealDiv DivNoNan Neg Select SelectV2');
/** The others that need only one element. */
export const elementwise = names(
  `Relu Relu6 Sigmoid Tanh LeakyRelu Prelu Elu Selu Softplus ClipByValue Erf Exp Log Log1p Pow Sqrt Rsqrt Square Abs Maximum
  Minimum Reciprocal Sin Cos Softmax LogSoftmax`,
);
export const reductions = names('Sum Mean Max Min Prod');
/** With a weight as one operand they make a dense layer. */
export const products = names('MatMul BatchMatMul BatchMatMulV2 _FusedMatMul');
/** Operators that are a layer of one kind wherever they stand. */
export const kinds: Readonly<Record<string, LayerKind>> = {
  Conv1D: 'CONVOLUTION',
  Conv2D: 'CONVOLUTION',
  Conv3D: 'CONVOLUTION',
  DepthwiseConv2dNative: 'CONVOLUTION',
  FusedBatchNorm: 'NORMALIZATION',
  FusedBatchNormV2: 'NORMALIZATION',
  FusedBatchNormV3: 'NORMALIZATION',
  LRN: 'NORMALIZATION',
  MaxPool: 'POOLING',
  AvgPool: 'POOLING',
};

/** Exporters write some activations out; their operators tell which. The first that fits wins. */
const composites: readonly (readonly [name: string, operators: readonly string[]])[] = [
  ['gelu', ['Erf', 'Mul']],
  ['gelu', ['Tanh', 'Pow', 'Mul']],
  ['mish', ['Softplus', 'Tanh', 'Mul']],
  ['silu', ['Sigmoid', 'Mul']],
];

/** The activation that these operators make up, e.g. relu; null where they are linear. */
export function activationOf(operators: readonly string[]): string | null {
  const last = operators.findLast((operator) => elementwise.has(operator));
  if (last === undefined) return null;
  const composite = composites.find(([, parts]) => parts.every((part) => operators.includes(part)));
  return composite?.[0] ?? last.toLowerCase();
}
