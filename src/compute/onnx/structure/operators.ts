import { rolesOf } from '../../structure/steps.ts';

/** What ONNX's operators are to the layers of a model. */
export const roles = rolesOf({
  BOOKKEEPING: 'Transpose Cast Expand Tile Pad OneHot',
  RESHAPE: 'Identity Reshape Squeeze Unsqueeze Flatten Dropout',
  SELECTION: 'Slice Split Gather GatherND GatherElements TopK Compress ScatterND ScatterElements',
  JOIN: 'Concat',
  SCALE: 'Mul Div',
  SHIFT: 'Add Sub',
  LINEAR: 'Neg Where',
  NONLINEAR: `
    Relu Sigmoid Tanh LeakyRelu PRelu Elu Selu Celu Gelu Softplus Softsign HardSigmoid HardSwish Mish Swish
    ThresholdedRelu Clip Erf Exp Log Max Min Sin Cos Softmax LogSoftmax`,
  SPREAD: 'Pow Sqrt Reciprocal Abs',
  PRODUCT: 'Gemm MatMul Einsum',
  REDUCTION: `
    ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceLogSumExp ReduceProd ReduceSumSquare`,
  CONVOLUTION: 'Conv ConvTranspose',
  RECURRENT: 'GRU LSTM RNN',
  ATTENTION: 'Attention MultiHeadAttention',
  NORMALIZATION: `
    BatchNormalization LayerNormalization InstanceNormalization GroupNormalization RMSNormalization
    SimplifiedLayerNormalization SkipLayerNormalization LpNormalization MeanVarianceNormalization LRN`,
  POOLING: 'MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool',
});
