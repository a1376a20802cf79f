import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import type { Analysis, ReadableRows, Subject } from '../../src/analysis/analysis.ts';
import { analysisOfKind } from '../../src/analysis/registry.ts';
import type { OpenModel, WeightTable } from '../../src/compute/executor.ts';
import { folderOf, readArtifact } from '../../src/compute/onnx/artifact.ts';
import { OnnxModel, onnxExecutor } from '../../src/compute/onnx/executor.ts';
import { ModelProtoSchema } from '../../src/compute/onnx/proto/onnx_pb.js';
import { float32, int64 } from '../../src/compute/tensor.ts';
import type { FeatureBinding } from '../../src/data/manifest/manifest.ts';
import { type Batch, rowColumnName } from '../../src/data/types.ts';
import { type Feeds, sweepBatches } from '../../src/pass/sweep.ts';
import { type ModelText, modelOf } from '../compute/onnx/models.ts';

export interface Row {
  readonly x: readonly [number, number];
  /** Of an entry of the table. */
  readonly id: 0 | 1 | 2;
  readonly label: 0 | 1 | null;
  readonly group: 0 | 1 | 2;
}

/** A question of the laws, which hold for every analysis. */
export interface Question {
  readonly name: string;
  readonly spec: object;
  readonly parts?: readonly unknown[];
  readonly toy?: keyof typeof toys;
  /** Of merged shards. */
  readonly tolerance?: number;
  /** 2 when omitted. */
  readonly fewestRows?: number;
}

const weights = {
  w: float32([2, 3], Float32Array.of(1, 2, -1, 0.5, 1, 3)),
  v: float32([3, 1], Float32Array.of(0.25, -0.25, 0.5)),
};
const numeric = (name: string, index: number): FeatureBinding => ({
  name,
  kind: 'NUMERIC',
  column: name,
  input: 'x',
  index,
  group: 'both',
});

const toys: Record<'dense' | 'lookup', { text: ModelText; features: readonly FeatureBinding[] }> = {
  /** Two numbers through a dense layer of three units, one of which is twice another. */
  dense: {
    text: {
      inputs: { x: ['float32', [null, 2]] },
      weights,
      nodes: [
        ['MatMul', 'x w', 'hidden'],
        ['MatMul', 'hidden v', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    },
    features: [numeric('a', 0), numeric('b', 1)],
  },
  /** An id through a table of four entries, one of which no row has. */
  lookup: {
    text: {
      inputs: { id: ['int64', [null]] },
      weights: { table: float32([4, 3], Float32Array.of(3, 0, 4, 0, 1, 0, 0, 0, 0, 2, 2, 1)), v: weights.v },
      nodes: [
        ['Gather', 'table id', 'hidden'],
        ['MatMul', 'hidden v', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    },
    features: [{ name: 'id', kind: 'CATEGORICAL', column: 'id', input: 'id', index: 0, group: 'id' }],
  },
};

const batchOf = (rows: readonly Row[], first: number): Batch => ({
  rowCount: rows.length,
  index: Float64Array.from(rows, (_, at) => first + at),
  inputs: {
    x: float32([rows.length, 2], Float32Array.from(rows.flatMap(({ x }) => x))),
    id: int64(
      [rows.length],
      rows.map(({ id }) => id),
    ),
  },
  label: Float32Array.from(rows, ({ label }) => label ?? 0),
  labelled: Float32Array.from(rows, ({ label }) => Number(label !== null)),
  columns: Object.fromEntries(
    ['a', 'b'].map((column, at) => [rowColumnName({ column }), Float64Array.from(rows, ({ x }) => x[at] as number)]),
  ),
  skippedRowCount: 0,
});

type AnyAnalysis = Analysis<unknown, unknown, unknown, readonly unknown[]>;

interface Opened {
  readonly subject: Subject;
  readonly model: OpenModel;
  /** The same, in lanes from the first batch on. */
  readonly spread: OpenModel;
  table(name: string): Promise<WeightTable>;
}

/** The toy nets, opened; questions about them are swept and folded here, without a server. */
export class Folds implements AsyncDisposable {
  readonly #folder: string;
  readonly #opened: Readonly<Record<string, Opened>>;

  private constructor(folder: string, opened: Readonly<Record<string, Opened>>) {
    this.#folder = folder;
    this.#opened = opened;
  }

  static async open(): Promise<Folds> {
    const folder = await mkdtemp(join(tmpdir(), 'glassgraph-'));
    const opened = Object.entries(toys).map(async ([name, toy]) => [name, await openToy(name, toy, folder)] as const);
    return new Folds(folder, Object.fromEntries(await Promise.all(opened)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { model, spread } of Object.values(this.#opened)) await Promise.all([model.close(), spread.close()]);
    await rm(this.#folder, { recursive: true });
  }

  /** Sweeps over the rows in batches of this many; shards are folded each by itself and merged. */
  async answer(
    { name, spec, parts = [], toy = 'dense' }: Question,
    shards: readonly (readonly Row[])[],
    batchRows: number,
    { inLanes = false } = {},
  ): Promise<unknown> {
    const analysis = analysisOfKind('fold', name);
    const { subject, table, ...opened } = this.#opened[toy] as Opened;
    const asked = { analysis, spec, subject, model: inLanes ? opened.spread : opened.model };
    let begin = (): unknown => analysis.start(spec, subject, ...parts);
    for (;;) {
      let first = 0;
      const states: unknown[] = [];
      for (const shard of shards) {
        states.push(await folded(asked, begin(), shard, first, batchRows));
        first += shard.length;
      }
      const state = states.reduce((a, b) => analysis.merge(a, b));
      const next = analysis.again?.(state);
      if (next === undefined) return ended(analysis, state, table);
      begin = () => structuredClone(next);
    }
  }

  table(name: string): Promise<WeightTable> {
    return (this.#opened.lookup as Opened).table(name);
  }
}

async function openToy(name: string, { text, features }: (typeof toys)['dense'], parent: string): Promise<Opened> {
  const folder = await mkdtemp(join(parent, `${name}-`));
  const path = join(folder, 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, modelOf(text)));
  const { artifact } = await onnxExecutor.register({ path, root: folder }, folder);
  const model = await onnxExecutor.open(artifact, { home: folder, threads: 1 });
  const inLanes = { afterMs: 0, lanes: 2, denseParameters: Number.POSITIVE_INFINITY };
  return {
    subject: { graph: model.graph, score: { output: 'score', index: 0, space: 'PROBABILITY' }, features },
    model,
    spread: new OnnxModel(await readArtifact(folderOf(artifact, folder)), 2, inLanes),
    table: (weight) => onnxExecutor.openTable(artifact, folder, weight),
  };
}

async function folded(
  { analysis, spec, subject, model }: { analysis: AnyAnalysis; spec: unknown; subject: Subject; model: OpenModel },
  begun: unknown,
  rows: readonly Row[],
  first: number,
  batchRows: number,
): Promise<unknown> {
  let state = begun;
  const program = analysis.program(spec, subject, state);
  const source = {
    async *read() {
      for (let at = 0; at < rows.length; at += batchRows) yield batchOf(rows.slice(at, at + batchRows), first + at);
    },
    countKept: async () => rows.length,
  };
  const feeds: Feeds = {
    parameters: (_, part) => analysis.parameters?.(state, part, spec, subject) ?? {},
    inputs: (_, part) => analysis.inputs?.(state, part, spec, subject) ?? part,
  };
  for await (const { results } of sweepBatches([program], feeds, model, source))
    for (const { outputs, part } of results) state = analysis.fold(state, outputs, part);
  return state;
}

/** What follows the last sweep. */
async function ended(analysis: AnyAnalysis, swept: unknown, table: Opened['table']): Promise<unknown> {
  let state = swept;
  for (let step = 0; step < (analysis.settling?.steps ?? 0); step++) state = analysis.settling?.step(state);
  return analysis.finish((await analysis.readTables?.(state, table)) ?? state);
}

/** Rows whose one column groups them and partitions them. */
export const grouped = (all: readonly Row[]): ReadableRows => ({
  get source(): never {
    throw new Error('rows in memory lie in no files');
  },
  roles: {},
  partitionBy: 'group',
  groupBy: 'group',
  partitions: ['0', '1', '2'],
  isNumber: () => false,
  columns: async ({ codes }, stretches) => ({
    values: codes.map(() => ['0', '1', '2']),
    stretches: codesOf(all, codes.length, stretches),
  }),
});

async function* codesOf(all: readonly Row[], columnCount: number, stretches: AsyncIterable<Float64Array>) {
  for await (const stretch of stretches) {
    const codes = Int32Array.from(stretch, (at) => all[at]?.group ?? -1);
    yield { codes: Array.from({ length: columnCount }, () => codes), numbers: [] };
  }
}
