import type { ModelGraph } from './graph.ts';
import type { Program } from './program.ts';
import type { Tensor } from './tensor.ts';

/** A compute backend. One implementation each in its own folder; nothing outside of compute/ names one. */
export interface Executor {
  readonly info: ExecutorInfo;
  /**
   * Check an untrusted model file and rewrite it into `home` as an artifact that `open` takes: content-addressed,
   * self-contained, read-only. Throws MODEL_REJECTED. Registration happens once; opening, in every compute process. `threads`: as
   * models are opened with in this process.
   */
  register(source: ModelSource, home: string, threads?: number): Promise<Registration>;
  /** Throws MODEL_REJECTED when the artifact is gone or the runtime refuses it. */
  open(artifact: ModelArtifact, options: OpenOptions): Promise<OpenModel>;
  /**
   * A table of `graph.lookups`, from the artifact's files; nothing is opened in the runtime for it. Throws MODEL_REJECTED when they
   * are gone, UNSUPPORTED_BY_EXECUTOR for a table that is no weight but computed from some.
   */
  openTable(artifact: ModelArtifact, home: string, table: string): Promise<WeightTable>;
}

/** A weight whose entries ids look up. It never lies in memory as a whole. */
export interface WeightTable {
  readonly entryCount: number;
  /** Elements of an entry. */
  readonly dimension: number;
  /** Entries from `first` up to `end`, in order: each block [entries, dimension], overwritten by the next. */
  blocks(first: number, end: number): AsyncIterable<Float32Array | Float64Array>;
  close(): Promise<void>;
}

export const executorNames = ['ONNXRUNTIME', 'TFJS'] as const;
export type ExecutorName = (typeof executorNames)[number];
export const modelFormats = ['ONNX', 'TFJS_LAYERS', 'TFJS_GRAPH', 'TF_SAVED_MODEL'] as const;
export type ModelFormat = (typeof modelFormats)[number];

export interface ExecutorInfo {
  readonly name: ExecutorName;
  /** Of the runtime, e.g. 1.30.0. */
  readonly version: string;
  /** What really computes: cpu, cuda, tensorflow, wasm. */
  readonly device: string;
  readonly formats: readonly ModelFormat[];
  readonly available: boolean;
  readonly note: string | null;
}

/** A model as its owner has it: a file, or a folder with one. */
export interface ModelSource {
  /** Absolute, links resolved, below a source folder: checked by the caller. */
  readonly path: string;
  /** Folder that files beside the model may be read from, and no other. */
  readonly root: string;
}

export interface Registration {
  readonly artifact: ModelArtifact;
  readonly format: ModelFormat;
  readonly graph: ModelGraph;
  /** SHA-256 over the bytes of the model's own files, hex. */
  readonly filesDigest: string;
  readonly sizeBytes: number;
}

/** A registered model, below the server's home. Paths are relative to it, so that a home may move. */
export interface ModelArtifact {
  readonly executor: ExecutorName;
  readonly files: readonly string[];
  /**
   * The model is run with so many rows at a time, whatever a batch has, and the last ones are filled up: 1 where rows see each other,
   * else what a model was exported for that takes no other number. As many as come when undefined.
   */
  readonly rowsPerRun?: number;
}

export interface OpenOptions {
  readonly home: string;
  readonly threads: number;
}

export interface OpenModel {
  readonly graph: ModelGraph;
  /**
   * Throws UNSUPPORTED_OPERATOR when a gradient's path is blocked. What is compiled is independent of other programs and may
   * run while they do.
   */
  compile(program: Program): Promise<CompiledProgram>;
  close(): Promise<void>;
}

export interface CompiledProgram {
  /** Runs that may be under way at a time and are done sooner for it; 1 where each takes all there is. May grow with the runs. */
  readonly concurrency: number;
  /** Buffers handed in must not be changed before the promise has resolved. */
  run(batch: BatchInput, parameters: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  close(): Promise<void>;
}

/** Rows as a program takes them. */
export interface BatchInput {
  /** Of the inputs, which may be copies of the rows that are asked about. */
  readonly rowCount: number;
  /** Of every input of the model. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of models that take texts (`ModelGraph.texts`): what the whole numbers of their inputs stand for. */
  readonly textList?: readonly string[];
  /** float32, of every row value that the program reads: one for each row that is asked about. */
  readonly rowValues: Readonly<Record<string, Tensor>>;
}
