import { mkdtemp, readFile as readBeside, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { decodeResult, encodeResult } from '../../src/analysis/codec.ts';
import { analysisNamed } from '../../src/analysis/registry.ts';
import type { TableSpec } from '../../src/analysis/tables/table-analysis.ts';
import { executorFor } from '../../src/compute/executors.ts';
import { bind, boundTogether } from '../../src/data/batches/bind.ts';
import { inspectDataset } from '../../src/data/files/inspect.ts';
import { idLimits } from '../../src/data/manifest/carriers.ts';
import type { Manifest } from '../../src/data/manifest/manifest.ts';
import { resolveManifest } from '../../src/data/manifest/resolve.ts';
import { loadVocabularies } from '../../src/data/manifest/vocabulary.ts';
import type { ScoreSource, Scores } from '../../src/data/scores/file.ts';
import type { DatasetRecord, RowSelection } from '../../src/data/types.ts';
import type { PassProgress, PassRequest } from '../../src/pass/protocol.ts';
import { readableRows } from '../../src/pass/readable-rows.ts';
import { runPass } from '../../src/pass/run.ts';
import { runTables } from '../../src/pass/tables.ts';

export const allRows: RowSelection = { partitions: null, where: [], invalid: 'FAIL' };

/** A model file and what binds it to rows. */
interface ToyModel {
  readonly model: string;
  readonly manifest: unknown;
  /** Runs it so many rows at a time, whatever registration found. */
  readonly rowsPerRun?: number;
}

export interface Toy extends ToyModel {
  /** The model that it is compared with. */
  readonly base?: ToyModel;
  readonly rows: string;
  readonly label?: string;
  readonly selection?: RowSelection;
}

/** A part is another question of the same call, by its position, or one of those that are given. */
interface Question {
  readonly name: string;
  readonly spec: object;
  readonly partKeys?: readonly string[];
}

/**
 * Answers to questions about a model of either executor and a Parquet file, by a real pass in this process: registered, bound, read, run and
 * folded as the server does it.
 */
export const answersOf = (
  toy: Toy,
  questions: readonly Question[],
  parts: Readonly<Record<string, unknown>> = {},
  onProgress: (progress: PassProgress) => void = () => undefined,
): Promise<unknown[]> => atHome((home) => answered(home, toy, questions, parts, onProgress));

async function answered(
  home: string,
  toy: Toy,
  questions: readonly Question[],
  parts: Readonly<Record<string, unknown>>,
  onProgress: (progress: PassProgress) => void,
): Promise<unknown[]> {
  const dataset = await inspectDataset([resolve(toy.rows)], {
    label: toy.label ?? null,
    groupBy: null,
    partitionBy: null,
  });
  const own = await registered(toy, dataset, home);
  const base = toy.base && (await registered(toy.base, dataset, home));
  const keyed = questions.map((question, at) => ({ partKeys: [], ...question, key: String(at) }));
  const request: PassRequest = {
    model: own.about,
    ...(base && { base: base.about }),
    dataset,
    rows: toy.selection ?? allRows,
    partitions: [],
    analyses: keyed.filter(({ name }) => analysisNamed(name).kind === 'fold'),
    readings: keyed.filter(({ name }) => analysisNamed(name).kind === 'reading'),
  };
  const model = await own.open();
  const baseModel = await base?.open();
  const answers: unknown[] = [];
  await runPass({
    request,
    environment: { home, threads: 1 },
    model,
    ...(baseModel && { base: baseModel }),
    bound: base === undefined ? own.bound : boundTogether(own.bound, base.bound),
    rows: readableRows(request),
    tables: own.tables,
    rowsTotal: dataset.rowCount,
    kept: Object.fromEntries(
      Object.entries(parts).map(([key, part]) => [key, { value: encodeResult(part), rowCount: 0, skippedRowCount: 0 }]),
    ),
    executor: own.info.name,
    device: own.info.device,
    onResult: ({ key, value }) => {
      answers[Number(key)] = decodeResult(value);
    },
    onFailure: () => undefined,
    onProgress,
  });
  await model.close();
  await baseModel?.close();
  return Promise.all(questions.map(({ name }, at) => loaded(name, answers[at], home)));
}

/** What readings would get of it, of results that are kept as files; in memory, since the files go with the home. */
async function loaded(name: string, value: unknown, home: string): Promise<unknown> {
  const analysis = analysisNamed(name);
  const files = analysis.kind === 'fold' ? analysis.files : undefined;
  if (value === undefined || files === undefined) return value;
  // Nothing but scores is kept as files.
  const { scale, precision, rowCount, ...source } = (await files.load(value, home)) as ScoreSource;
  const stretches: Scores[] = [];
  for await (const stretch of source.stretches()) stretches.push(stretch);
  return { scale, precision, rowCount, stretches: () => stretches };
}

async function registered({ model, manifest: written, rowsPerRun }: ToyModel, dataset: DatasetRecord, home: string) {
  const path = resolve(model);
  const source = { path, root: dirname(path) };
  const executor = await executorFor(source);
  const { artifact: found, graph } = await executor.register(source, home, 1);
  const artifact = rowsPerRun === undefined ? found : { ...found, rowsPerRun };
  const readFile = (name: string) => readBeside(join(dirname(path), name), 'utf8');
  const manifest = await resolveManifest(graph, written, { readFile, home });
  const vocabularies = await loadVocabularies(home, manifest);
  return {
    about: { artifact, graph, manifest },
    info: executor.info,
    bound: bind(graph, manifest, vocabularies, dataset, idLimits(graph, manifest)),
    open: () => executor.open(artifact, { home, threads: 1 }),
    tables: (name: string) => executor.openTable(artifact, home, name),
  };
}

/** Answers to questions about tables of a model's weights, as a compute process gives them. */
export const tableAnswersOf = (
  { model }: Pick<Toy, 'model'>,
  questions: readonly { readonly name: string; readonly spec: TableSpec }[],
): Promise<unknown[]> => atHome((home) => tablesAnswered(home, model, questions));

async function tablesAnswered(
  home: string,
  model: string,
  questions: readonly { readonly name: string; readonly spec: TableSpec }[],
): Promise<unknown[]> {
  const path = resolve(model);
  const source = { path, root: dirname(path) };
  const executor = await executorFor(source);
  const { artifact, graph } = await executor.register(source, home, 1);
  const analyses = questions.map(({ name, spec }, at) => ({ key: String(at), name, spec, partKeys: [] }));
  const answers: unknown[] = [];
  await runTables({
    request: { model: { artifact, graph, manifest: {} as Manifest }, dataset: null, analyses, readings: [] },
    tables: (name) => executor.openTable(artifact, home, name),
    executor: executor.info.name,
    device: executor.info.device,
    onResult: ({ key, value }) => {
      answers[Number(key)] = decodeResult(value);
    },
    onFailure: () => undefined,
  });
  return answers;
}

/** With a home that goes with the answer. */
async function atHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  try {
    return await work(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
