import type { LayerKind } from '../../graph.ts';

/** How TensorFlow's operators, and the classes of Keras' layers, are told apart when a model is read for its layers. */
export const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** They move values about and compute none. */
export const bookkeeping = names(
  `Identity Reshape Squeeze ExpandDims Transpose Cast BroadcastTo Tile StopGradient Snapshot Pad PadV2 MirrorPad
  Flatten Permute RepeatVector Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout Masking Linear ZeroPadding2D
  UpSampling2D Resizing`,
);
/** Bookkeeping that leaves some values out. */
export const selection = names('Slice StridedSlice Split SplitV Unpack GatherV2 GatherNd TopKV2 Cropping2D CenterCrop');
/** They need only one element to compute one, and are linear in it. */
export const affine = names(
  'BiasAdd Add AddV2 AddN Sub Mul Div RealDiv DivNoNan Neg Select SelectV2 Multiply Average Subtract Rescaling',
);
/** Of those, what a normalisation is written out with. */
export const scales = names('Mul Div RealDiv DivNoNan');
export const shifts = names('BiasAdd Add AddV2 Sub');
/** The others that need only one element. */
export const elementwise = names(
  `Relu Relu6 Sigmoid Tanh LeakyRelu Prelu Elu Selu Softplus ClipByValue Erf Exp Log Log1p Pow Sqrt Rsqrt Square Abs Maximum
  Minimum Reciprocal Sin Cos Softmax LogSoftmax ReLU LeakyReLU PReLU ELU ThresholdedReLU HardSigmoid Softsign Silu Mish Gelu`,
);
export const reductions = names('Sum Mean Max Min Prod');
/** With a weight as one operand they make a dense layer. */
export const products = names('MatMul BatchMatMul BatchMatMulV2 _FusedMatMul Dense Dot');
/** They put several tensors side by side. */
export const joins = names('ConcatV2 Concatenate');
const all = (kind: LayerKind, text: string): readonly (readonly [string, LayerKind])[] =>
  [...names(text)].map((name) => [name, kind]);
/** Operators that are a layer of one kind wherever they stand. */
export const kinds: Readonly<Record<string, LayerKind>> = Object.fromEntries([
  ...all('CONVOLUTION', 'Conv1D Conv2D Conv3D DepthwiseConv2dNative'),
  ...all('CONVOLUTION', 'Conv2DTranspose Conv3DTranspose DepthwiseConv2D SeparableConv2D'),
  ...all('NORMALIZATION', 'FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN BatchNormalization LayerNormalization'),
  ...all(
    'POOLING',
    'MaxPool AvgPool MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D',
  ),
  ...all('POOLING', 'GlobalAveragePooling1D GlobalMaxPooling1D GlobalAveragePooling2D GlobalMaxPooling2D'),
  ...all('ATTENTION', 'Attention AdditiveAttention MultiHeadAttention'),
  ...all('RECURRENT', 'RNN SimpleRNN GRU LSTM ConvLSTM2D Bidirectional'),
]);

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
