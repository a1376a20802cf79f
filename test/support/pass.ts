import { mkdtemp, readFile as readBeside } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { decodeResult, encodeResult } from '../../src/analysis/codec.ts';
import { isReading } from '../../src/analysis/registry.ts';
import { executorFor } from '../../src/compute/executors.ts';
import { bind } from '../../src/data/bind.ts';
import { idLimits } from '../../src/data/carriers.ts';
import { registerDataset } from '../../src/data/register.ts';
import { resolveManifest } from '../../src/data/resolve-manifest.ts';
import type { RowSelection } from '../../src/data/types.ts';
import { loadVocabularies } from '../../src/data/vocabulary.ts';
import type { PassRequest } from '../../src/pass/protocol.ts';
import { readableRows } from '../../src/pass/readable-rows.ts';
import { runPass } from '../../src/pass/run.ts';

export const allRows: RowSelection = { partitions: null, where: [], invalid: 'FAIL' };

export interface Toy {
  readonly model: string;
  readonly manifest: unknown;
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
export async function answersOf(
  toy: Toy,
  questions: readonly Question[],
  parts: Readonly<Record<string, unknown>> = {},
): Promise<unknown[]> {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  const path = resolve(toy.model);
  const source = { path, root: dirname(path) };
  const executor = await executorFor(source);
  const { artifact, graph } = await executor.register(source, home);
  const readFile = (name: string) => readBeside(join(dirname(path), name), 'utf8');
  const manifest = await resolveManifest(graph, toy.manifest, { readFile, home });
  const dataset = await registerDataset([resolve(toy.rows)], {
    label: toy.label ?? null,
    groupBy: null,
    partitionBy: null,
  });
  const keyed = questions.map((question, at) => ({ partKeys: [], ...question, key: String(at) }));
  const request: PassRequest = {
    model: { artifact, graph, manifest },
    dataset,
    rows: toy.selection ?? allRows,
    partitions: [],
    analyses: keyed.filter(({ name }) => !isReading(name)),
    readings: keyed.filter(({ name }) => isReading(name)),
  };
  const model = await executor.open(artifact, { home, threads: 1 });
  const answers: unknown[] = [];
  await runPass({
    request,
    environment: { home, threads: 1 },
    model,
    bound: bind(graph, manifest, await loadVocabularies(home, manifest), dataset, idLimits(graph, manifest)),
    rows: readableRows(request),
    rowsTotal: dataset.rowCount,
    kept: Object.fromEntries(
      Object.entries(parts).map(([key, part]) => [key, { value: encodeResult(part), rowCount: 0, skippedRowCount: 0 }]),
    ),
    executor: executor.info.name,
    device: executor.info.device,
    onResult: ({ key, value }) => {
      answers[Number(key)] = decodeResult(value);
    },
    onFailure: () => undefined,
    onProgress: () => undefined,
  });
  await model.close();
  return answers;
}
