/** How operators are told apart when a graph is read for its layers. */

/** They move values about and compute none. */
export const bookkeeping = new Set([
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Transpose',
  'Cast',
  'Expand',
  'Tile',
  'Dropout',
  'Pad',
  'OneHot',
]);

/** Bookkeeping that leaves some values out, or puts some among others: what follows is no longer about the whole layer. */
export const selection = new Set(
  'Slice Split Gather GatherND GatherElements TopK Compress ScatterND ScatterElements'.split(' '),
);

/** They need only one element to compute one, and are linear in it. */
export const affine = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Where']);

/** Of those, what a normalisation is written out with. */
export const scales = new Set(['Mul', 'Div']);
export const shifts = new Set(['Add', 'Sub']);

/** The others that need only one element. */
export const elementwise = new Set([
  'Relu',
  'Sigmoid',
  'Tanh',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'Selu',
  'Celu',
  'Gelu',
  'Softplus',
  'Softsign',
  'HardSigmoid',
  'HardSwish',
  'Mish',
  'Swish',
  'ThresholdedRelu',
  'Clip',
  'Erf',
  'Exp',
  'Log',
  'Pow',
  'Sqrt',
  'Abs',
  'Max',
  'Min',
  'Reciprocal',
  'Sin',
  'Cos',
  'Softmax',
  'LogSoftmax',
]);

export const normalizations = new Set([
  'BatchNormalization',
  'LayerNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
  'SkipLayerNormalization',
  'LpNormalization',
  'MeanVarianceNormalization',
  'LRN',
]);

/** What a normalisation computes the spread with; no activation. */
export const spreads = new Set(['Pow', 'Sqrt', 'Reciprocal', 'Abs']);

export const recurrences = new Set(['GRU', 'LSTM', 'RNN']);

export const pools = new Set([
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'LpPool',
  'GlobalLpPool',
]);

export const reductions = new Set([
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSumExp',
  'ReduceProd',
  'ReduceSumSquare',
]);

/** Operators with two operands that make a dense layer when one of them is a weight. */
export const products = new Set(['Gemm', 'MatMul', 'Einsum']);
