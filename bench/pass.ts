import { availableParallelism } from 'node:os';
import { scores } from '../src/analysis/quality/scores.ts';
import type { ModelArtifact, OpenModel } from '../src/compute/executor.ts';
import { folderOf, readArtifact } from '../src/compute/onnx/artifact.ts';
import { OnnxModel, onnxExecutor } from '../src/compute/onnx/executor.ts';
import { type BoundInputs, bind } from '../src/data/batches/bind.ts';
import type { RowSelection } from '../src/data/types.ts';
import { computeLimits } from '../src/limits.ts';
import type { KeptPart, PassQuestion, PassRequest } from '../src/pass/protocol.ts';
import { readableRows } from '../src/pass/readable-rows.ts';
import { runPass } from '../src/pass/run.ts';
import { type Feeds, type SweptRows, sweep } from '../src/pass/sweep.ts';
import type { Workload } from './workload.ts';

/** As many as a server would give it. */
export const threads = availableParallelism();

export const allRows = { partitions: null, where: [], invalid: 'FAIL' } as const;

export const opened = ({ model, home }: Workload): Promise<OpenModel> =>
  onnxExecutor.open(model.artifact, { home, threads });

/** One batch after the other, for what measures a run alone. */
export const openedInTurn = async (artifact: ModelArtifact, home: string, threads: number): Promise<OpenModel> =>
  new OnnxModel(await readArtifact(folderOf(artifact, home)), threads, { ...computeLimits, lanes: 1 });

const boundTo = ({ model, dataset }: Workload): BoundInputs => bind(model.graph, model.manifest, {}, dataset);

export const sweptRows = (workload: Workload, model: OpenModel): SweptRows => ({
  dataset: workload.dataset,
  rows: allRows,
  model,
  bound: boundTo(workload),
});

/** The model over all rows, read as a pass reads them; nothing is folded. */
export async function plainForward(workload: Workload, model: OpenModel): Promise<void> {
  const { graph, manifest } = workload.model;
  const subject = { graph, score: manifest.score, features: manifest.features };
  const program = scores.program({}, subject, scores.start({}, subject));
  const feeds: Feeds = { parameters: () => ({}), inputs: (_, batch) => batch };
  for await (const _ of sweep([program], feeds, sweptRows(workload, model)));
}

/** A pass as a compute process runs it, from Parquet to results as bytes; returns them, as parts of another. */
export async function passOver(
  workload: Workload,
  model: OpenModel,
  analyses: readonly PassQuestion[],
  readings: readonly PassQuestion[] = [],
  { rows = allRows, kept = {} }: { rows?: RowSelection; kept?: Readonly<Record<string, KeptPart>> } = {},
): Promise<Record<string, KeptPart>> {
  const { dataset, home } = workload;
  const partitions = dataset.partitions.map(({ name }) => name);
  const request: PassRequest = { model: workload.model, dataset, rows, partitions, analyses, readings };
  const results: Record<string, KeptPart> = {};
  await runPass({
    request,
    environment: { home, threads },
    model,
    bound: boundTo(workload),
    rows: readableRows(request),
    tables: (name) => onnxExecutor.openTable(workload.model.artifact, home, name),
    rowsTotal: dataset.rowCount,
    kept,
    executor: 'ONNXRUNTIME',
    device: 'cpu',
    onResult: ({ key, ...result }) => {
      results[key] = result;
    },
    onFailure: () => undefined,
    onProgress: () => undefined,
  });
  return results;
}

/** One analysis of every layer. */
export const ofLayers = ({ model }: Workload, name: string): PassQuestion[] =>
  model.graph.layers.map((layer) => ({
    key: `${name} of ${layer.name}`,
    name,
    spec: { layer: layer.name },
    partKeys: [],
  }));

export const scoresQuestion: PassQuestion = { key: 'scores', name: 'scores', spec: {}, partKeys: [] };

/** Pooled, and by every partition. */
export const evaluationOf = (workload: Workload, model: OpenModel): Promise<Record<string, KeptPart>> =>
  passOver(
    workload,
    model,
    [scoresQuestion],
    [{ key: 'evaluation', name: 'evaluation', spec: {}, partKeys: ['scores'] }],
  );
