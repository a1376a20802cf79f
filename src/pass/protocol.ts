import type { BaselineRows } from '../analysis/attributions/baseline-rows.ts';
import type { AttributionSpec } from '../analysis/attributions/method.ts';
import type { OutputTarget } from '../analysis/target.ts';
import type { ModelArtifact } from '../compute/executor.ts';
import type { ModelGraph } from '../compute/graph.ts';
import type { WrittenRow } from '../data/batches/written-rows.ts';
import type { Manifest } from '../data/manifest/manifest.ts';
import type { DatasetRecord, RowSelection } from '../data/types.ts';
import type { ErrorRecord } from '../errors.ts';

/** One pass: a model over rows, for every analysis that somebody waits for. JSON, so that it can lie in a queue. */
export interface PassRequest {
  readonly model: PassModel;
  /** The model that it is compared with, over the same rows. */
  readonly base?: PassModel;
  readonly dataset: DatasetRecord;
  readonly rows: RowSelection;
  /** Names of the dataset's partitions, in the order of their values. */
  readonly partitions: readonly string[];
  readonly analyses: readonly PassQuestion[];
  readonly readings: readonly PassQuestion[];
}

/** The weights of a model, for every analysis of its tables that somebody waits for. */
export interface TablesRequest {
  readonly model: PassModel;
  readonly dataset: null;
  readonly analyses: readonly PassQuestion[];
  readonly readings: readonly PassQuestion[];
}

/** Rows alone, for everything that somebody waits for which is read off them without a model. */
export interface RowsRequest extends Pick<PassRequest, 'dataset' | 'rows' | 'partitions' | 'analyses' | 'readings'> {
  readonly model: null;
}

/** What lies in the queue. */
export type JobRequest = PassRequest | TablesRequest | RowsRequest;

export interface PassModel {
  readonly artifact: ModelArtifact;
  readonly graph: ModelGraph;
  readonly manifest: Manifest;
}

export interface PassQuestion {
  readonly key: string;
  /** In analysis/registry.ts. */
  readonly name: string;
  readonly spec: unknown;
  /** Of its parts, in their order: earlier passes have kept their results or, for a reading, an analysis of this one computes them. */
  readonly partKeys: readonly string[];
  /** Of a reading: other rows that it reads beside those of the pass, by role. */
  readonly roles?: Readonly<Record<string, PassRole>>;
}

export type PassRole = Pick<PassRequest, 'dataset' | 'rows' | 'partitions'>;

/** The result of an earlier pass, a part of a question of this one. */
export interface KeptPart {
  readonly value: Uint8Array;
  readonly rowCount: number;
  readonly skippedRowCount: number;
}

/** Where the compute process finds and puts things. */
export interface PassEnvironment {
  readonly home: string;
  readonly threads: number;
}

/** Sent as soon as it is known: one for each key of the request. */
export interface PassResult {
  readonly key: string;
  /** Of analysis/codec.ts. */
  readonly value: Uint8Array;
  /** Files below the home that the value names (score files): they go when the result goes. */
  readonly files: readonly string[];
  readonly rowCount: number;
  readonly skippedRowCount: number;
  /** Of the pass so far. */
  readonly durationMs: number;
  readonly executor: string;
  readonly device: string;
}

/** Sent for a question that cannot be answered; the pass goes on with the others. */
export interface PassFailure {
  readonly key: string;
  readonly error: ErrorRecord;
}

export interface PassProgress {
  /** Of all sweeps together. */
  readonly rowsDone: number;
  /** null while nobody knows how many sweeps there will be. */
  readonly rowsTotal: number | null;
  /** Resident memory of the compute process. */
  readonly memoryBytes: number;
}

/** Rows written by hand, to be scored at once. */
export interface PredictCall {
  readonly model: PassModel;
  readonly rows: readonly WrittenRow[];
  readonly target: OutputTarget;
  readonly environment: PassEnvironment;
}

/** Rows written by hand, to be explained at once. */
export interface ExplainCall extends Pick<PredictCall, 'model' | 'rows' | 'environment'> {
  readonly spec: AttributionSpec;
  /** What baselines are drawn from, where they are. */
  readonly baselines?: BaselineRows;
}

/** How a model that is registered has to be run, and what its owner should know of it. */
export interface Examination {
  readonly artifact: ModelArtifact;
  readonly warnings: readonly ModelWarning[];
}

export interface ModelWarning {
  readonly code: string;
  readonly message: string;
}

/** Of a model that did not run on rows that were made up. */
export const notExamined = (artifact: ModelArtifact): Examination => ({
  artifact,
  warnings: [
    {
      code: 'ROWS_NOT_EXAMINED',
      message:
        'The model did not run on rows that were made up for it, so nobody knows whether a row’s score depends on the rows that it is run with. Compare “predictions” of one row with those of several.',
    },
  ],
});

export interface Prediction {
  readonly score: number;
  readonly target: number;
}
