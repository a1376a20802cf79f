const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * A SavedModel is a program of TensorFlow, whose operators also read and write files, open connections and run Python. These compute
 * from their operands and the model's own variables, and nothing else; they are the ones that layers of Keras and estimators are made
 * of. Random ones are left out, save those whose seed is an operand.
 */
export const allowedOperators: ReadonlySet<string> = new Set([
  // Values, variables and calls
  ...words(`NoOp Placeholder PlaceholderWithDefault Const Identity IdentityN StopGradient PreventGradient Snapshot EnsureShape
    VarHandleOp ReadVariableOp DisableCopyOnRead VarIsInitializedOp ResourceGather ResourceGatherNd Variable VariableV2
    PartitionedCall StatefulPartitionedCall`),
  // Control flow
  ...words(`If StatelessIf While StatelessWhile Case StatelessCase Switch Merge Enter Exit NextIteration LoopCond Assert CheckNumerics
    EmptyTensorList TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
    TensorListPopBack TensorListPushBack TensorListReserve TensorListResize TensorListScatterV2 TensorListSetItem TensorListSplit
    TensorListStack TensorArrayV3 TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3 TensorArrayScatterV3
    TensorArraySizeV3 TensorArraySplitV3 TensorArrayWriteV3`),
  // Tables that are filled from constants
  ...words(
    'HashTable HashTableV2 InitializeTable InitializeTableV2 LookupTableFind LookupTableFindV2 LookupTableImportV2 LookupTableSizeV2',
  ),
  // Arithmetic
  ...words(`Abs AccumulateNV2 Acos Acosh Add AddN AddV2 ApproximateEqual Asin Asinh Atan Atan2 Atanh BitwiseAnd BitwiseOr BitwiseXor Cast
    Ceil ClipByValue Cos Cosh Digamma Div DivNoNan Equal Erf Erfc Erfinv Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Igamma
    Igammac Inv Invert IsFinite IsInf IsNan LeftShift Less LessEqual Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod
    Mul MulNoNan Ndtri Neg NextAfter NotEqual OnesLike Pow RealDiv Reciprocal RightShift Rint Round Rsqrt Select SelectV2 Sigmoid Sign
    Sin Sinh Sqrt Square SquaredDifference Sub Tan Tanh TruncateDiv TruncateMod Xdivy Xlog1py Xlogy ZerosLike Zeta`),
  // Products, sums and order
  ...words(`BatchMatMul BatchMatMulV2 BatchMatMulV3 Cross Einsum L2Loss MatMul SparseTensorDenseMatMul All Any ArgMax ArgMin Cumprod Cumsum
    CumulativeLogsumexp EuclideanNorm Max Mean Min Prod Sum Bincount Bucketize DenseBincount InTopKV2 LowerBound UpperBound TopK TopKV2
    SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum SparseSegmentMean SparseSegmentMeanWithNumSegments SparseSegmentSqrtN
    SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumWithNumSegments UnsortedSegmentMax UnsortedSegmentMin
    UnsortedSegmentProd UnsortedSegmentSum`),
  // Layers
  ...words(`AvgPool AvgPool3D BiasAdd BiasAddV1 Conv2D Conv2DBackpropInput Conv3D Conv3DBackpropInputV2 DepthwiseConv2dNative Dilation2D Elu
    FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN LeakyRelu LogSoftmax MaxPool MaxPool3D MaxPoolV2 Relu Relu6 Selu Softmax Softplus
    Softsign`),
  // Shapes and places
  ...words(`BatchToSpace BatchToSpaceND BroadcastArgs BroadcastTo Concat ConcatOffset ConcatV2 DepthToSpace Diag DiagPart DynamicPartition
    DynamicStitch ExpandDims Fill Gather GatherNd GatherV2 InvertPermutation LinSpace ListDiff MatrixBandPart MatrixDiag MatrixDiagPart
    MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MirrorPad OneHot Pack Pad
    PadV2 ParallelDynamicStitch Range Rank Reshape Reverse ReverseSequence ReverseV2 Roll ScatterNd Shape ShapeN Size Slice SpaceToBatch
    SpaceToBatchND SpaceToDepth Split SplitV Squeeze StridedSlice TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub
    TensorScatterUpdate Tile Transpose Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 Unpack Where`),
  // Ragged and sparse
  ...words(`RaggedBincount RaggedCross RaggedGather RaggedRange RaggedTensorToSparse RaggedTensorToTensor SparseBincount SparseConcat
    SparseCross SparseFillEmptyRows SparseReorder SparseReshape SparseSlice SparseToDense`),
  // Text that is made of numbers, and hashes of it
  ...words(`AsString FarmhashFingerprint Fingerprint ReduceJoin RegexReplace StaticRegexFullMatch StaticRegexReplace StringJoin StringLength
    StringLower StringStrip StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber StringUpper Substr`),
  ...words(`StatelessMultinomial StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomNormal StatelessRandomNormalV2
    StatelessRandomUniform StatelessRandomUniformV2 StatelessTruncatedNormal StatelessTruncatedNormalV2`),
]);

/** What fills the variables from the files beside the graph, once, when the model is loaded. */
export const restoringOperators: ReadonlySet<string> = new Set(
  words(`NoOp Placeholder PlaceholderWithDefault Const Identity IdentityN VarHandleOp DisableCopyOnRead AssignVariableOp Variable VariableV2
    Assign RestoreV2 PartitionedCall StatefulPartitionedCall`),
);
