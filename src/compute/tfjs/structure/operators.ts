import { rolesOf } from '../../structure/steps.ts';

/** What TensorFlow's operators, and the classes of Keras' layers, are to the layers of a model. */
export const roles = rolesOf({
  BOOKKEEPING: `
    Transpose Cast BroadcastTo Tile Pad PadV2 MirrorPad Permute RepeatVector SpatialDropout1D GaussianNoise
    GaussianDropout AlphaDropout Masking ZeroPadding2D UpSampling2D Resizing`,
  RESHAPE: 'Identity Squeeze ExpandDims Reshape StopGradient Snapshot Flatten Linear Dropout',
  SELECTION: 'Slice StridedSlice Split SplitV Unpack GatherV2 GatherNd TopKV2 Cropping2D CenterCrop',
  JOIN: 'ConcatV2 Concatenate Pack',
  SCALE: 'Mul Div RealDiv DivNoNan Multiply',
  SHIFT: 'BiasAdd Add AddV2 Sub Subtract',
  LINEAR: 'AddN Neg Select SelectV2 Average Rescaling',
  NONLINEAR: `
    Relu Relu6 Sigmoid Tanh LeakyRelu Prelu Elu Selu Softplus ClipByValue Erf Exp Log Log1p Maximum Minimum Sin Cos
    Softmax LogSoftmax ReLU LeakyReLU PReLU ELU ThresholdedReLU HardSigmoid Softsign Silu Mish Gelu`,
  SPREAD: 'Pow Sqrt Rsqrt Square Abs Reciprocal',
  PRODUCT: 'MatMul BatchMatMul BatchMatMulV2 _FusedMatMul Dense Dot Einsum',
  REDUCTION: 'Sum Mean Max Min Prod',
  CONVOLUTION: `
    Conv1D Conv2D Conv3D DepthwiseConv2dNative Conv2DTranspose Conv3DTranspose DepthwiseConv2D SeparableConv2D`,
  RECURRENT: 'RNN SimpleRNN GRU LSTM ConvLSTM2D Bidirectional',
  ATTENTION: 'Attention AdditiveAttention MultiHeadAttention',
  NORMALIZATION: 'FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN BatchNormalization LayerNormalization',
  POOLING: `
    MaxPool AvgPool MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
    GlobalAveragePooling1D GlobalMaxPooling1D GlobalAveragePooling2D GlobalMaxPooling2D`,
});
