/** Every limit of our own, with why. What a client hits is told to it with the number. */

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** A model file is untrusted: what would take the process down is refused before any native code sees it. */
export const modelLimits = {
  /** A protobuf message ends at 2 GiB; larger models keep their weights in external files. */
  fileBytes: 2 * GiB - 1,
  /** All weights together; the largest recommendation models served from one machine stay below. */
  weightsBytes: 256 * GiB,
  /** Bodies of control flow included; the largest exports we have seen have some ten thousand. */
  nodeCount: 100_000,
  initializerCount: 100_000,
  /** numpy and onnxruntime have kernels up to 8 for most operators; nobody trains beyond. */
  rank: 16,
  /** Of one tensor: 2^38 float32 are a terabyte. */
  elementCount: 2 ** 38,
  /** Of a layer’s output for one row, where it is known before anything runs: half a gigabyte of float32. */
  rowElementCount: 2 ** 27,
  /** If in Loop in Scan: exporters nest two or three deep. */
  subgraphDepth: 8,
  /** Versions of the default operator domain that onnxruntime 1.30 runs and whose operators the gradient rules know. */
  opset: { min: 7, max: 25 },
} as const;

/** How a registered model is laid out on disk. */
export const artifactLimits = {
  /** Smaller tensors stay in the graph file: shape inference reads them, and a page of the weights file would be wasted. */
  inlineBytes: KiB,
  /** Whole numbers of this size are still shapes, axes and indices, which shape inference reads. */
  inlineIntegerBytes: 64 * KiB,
  /** A cache line, and what onnxruntime's kernels like. */
  alignmentBytes: 64,
  copyChunkBytes: 4 * MiB,
} as const;

/** Of reading data. */
export const dataLimits = {
  /** Of one reader; beyond, DuckDB spills into temporary files. GROUP BY over ten million scores wants 400 MB. */
  readerMemory: '1GB',
  /** Reading is not what a pass waits for: one thread reads ten million numbers a second, the others belong to the model. */
  readerThreads: 1,
  /** A partition is a day or a version; a column with more values is another kind of column. */
  partitionCount: 10_000,
  /** Scores are written and read in blocks of 3 MB; a pass holds so many of them in memory and leaves the rest to a file. */
  scoreBlockRows: 2 ** 18,
  scoreBlocksInMemory: 4,
  /**
   * Keys and codes of scored rows: 16 million rows with two columns, in 12 bytes a row with what sorting needs. Beyond, DuckDB sorts
   * them and spills; it takes two to three times what it is told.
   */
  keyCellsInMemory: 3 * 2 ** 24,
  keysMemory: '256MB',
  /** Of a column whose deciles are wanted. */
  numbersInMemory: 2 ** 24,
  /** Values of one IN. */
  filterValueCount: 10_000,
  filterCount: 100,
  fileCount: 10_000,
  /** Of one multipart request. */
  uploadCount: 100,
  /** The names of ten thousand columns take less; what is longer has no line ends. */
  csvHeaderBytes: MiB,
  /** Lines of one vocabulary, and its bytes: it is held in memory by every compute process that runs the model. */
  vocabularyBytes: 512 * MiB,
} as const;

/** Of what analyses keep. */
export const analysisLimits = {
  /** A matrix of all pairs of units, in float64: 134 MB. */
  covarianceUnits: 4096,
  /** A probe's Hessian is such a matrix too, and is fitted together with those of other layers. */
  probeUnits: 4096,
  /** Rows written by hand in one request: they are scored at once, while somebody waits. */
  writtenRowCount: 1000,
  /** Pairs grow with the square: 64 features are 2,016 pairs, and 2,081 copies of every row. */
  interactionFeatures: 64,
  /** Elements of carriers between which second derivatives are taken: a copy of every row each. */
  hessianElements: 1024,
  /** Examples of a neuron that are kept; nobody looks at more. */
  exampleCount: 100,
  /**
   * Bins of a neuron's distribution between its minimum and its maximum: a quantile is within 1/1200 of the range, and histograms
   * of any divisor (10, 20, 40, 50, 100 …) are exact.
   */
  distributionBins: 1200,
  /** Pairs of units whose products are summed for the similarity of layers, in float64: 134 MB. */
  similarityProducts: 4096 ** 2,
  /** Dimensions of a table whose singular values, units of a layer whose principal components are asked for: time with the cube. */
  spectrumSize: 1024,
  /** Every point of a projection is a row of the answer; nobody sees more in one picture. */
  projectedRows: 10_000,
  /** Components of a projection. */
  projectedComponents: 50,
  /** Of t-SNE, which takes time and memory with the square: half a minute here. */
  tsneRows: 2000,
  /** Interventions that hold together: each SHUFFLE reads the rows once more beside the pass. */
  interventionCount: 100,
  /** Entries closest to another that are kept. */
  nearestCount: 1000,
} as const;

/** Of attributions: whatever a method asks of a row, it runs at once. */
export const attributionLimits = {
  /** More nodes than these are no better than float32. */
  stepCount: 1000,
  sampleCount: 1000,
  /** Standard deviation: float32 has lost whatever it is added to. */
  noise: 1e9,
  /** Rows that baselines are drawn from, of more a sample: in some hundred samples nobody could tell the difference. */
  baselineRows: 1000,
  /** Numbers that carry the features of all of these: 16 MiB of float32, in the store and in memory. */
  baselineElements: 2 ** 22,
  /** Numbers that the copies of one row hold where features enter the model: 256 MiB of float32. */
  copiedElements: 2 ** 26,
} as const;

/** When a program runs in lanes: threads of a compute process, each with a session of its own (compute/onnx/sessions/lanes.ts). */
export const computeLimits = {
  /** To open them takes about as long, of each core. */
  afterMs: 250,
  /** Of larger models, every operator has work for all threads, which then are of more use there. */
  denseParameters: 2 ** 20,
  /** Beyond, the thread that reads rows does not keep up. */
  lanes: 4,
} as const;

/** Of a pass over rows. */
export const passLimits = {
  /** Rows that stay decoded for the sweeps after the first: a million with a dozen features. What is larger is read anew. */
  keptBatchBytes: 128 * MiB,
} as const;

/** Of the planner. */
export const plannerLimits = {
  /** Of results kept in memory beside the store: a page's are some ten kilobytes. */
  memoryBytes: 64 * MiB,
} as const;

/** Of one request. */
export const queryLimits = {
  /**
   * Passes that have to run for it. A page of models, or a hundred days side by side, stays below; whoever wants more does not sit and
   * wait for it, and would have everybody else wait.
   */
  passCount: 200,
  /** Questions that have to be computed: those about every layer of the deepest nets stay below. They share passes, but not their cost. */
  questionCount: 2000,
  /**
   * Fields of the answer, each of which takes a microsecond or two of everybody's time. Layers refer to layers, so a short document
   * can ask for any number; the largest pages of everything stay below.
   */
  fieldCount: 500_000,
} as const;
