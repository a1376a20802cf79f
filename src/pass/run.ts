import type { Analysis, ReadableRows, Subject, Values } from '../analysis/analysis.ts';
import { decodeResult, encodeResult } from '../analysis/codec.ts';
import { analysisNamed, readingNamed } from '../analysis/registry.ts';
import type { OpenModel } from '../compute/executor.ts';
import type { BoundInputs } from '../data/bind.ts';
import type { Batch } from '../data/types.ts';
import { isolated } from './isolated.ts';
import type { KeptPart, PassEnvironment, PassProgress, PassReading, PassRequest, PassResult } from './protocol.ts';
import { sweep } from './sweep.ts';

export interface PassInputs {
  readonly request: PassRequest;
  readonly environment: PassEnvironment;
  readonly model: OpenModel;
  readonly bound: BoundInputs;
  readonly rows: ReadableRows;
  readonly rowsTotal: number;
  /** Results of earlier passes that readings need, by key. */
  readonly kept: Readonly<Record<string, KeptPart>>;
  readonly executor: string;
  readonly device: string;
  onResult(result: PassResult): void;
  onProgress(progress: PassProgress): void;
}

interface Running {
  readonly key: string;
  readonly analysis: Analysis<unknown, unknown, unknown>;
  readonly spec: unknown;
  state: unknown;
}

interface Counts {
  rowCount: number;
  skippedRowCount: number;
}

interface Part {
  readonly result: unknown;
  readonly counts: Counts;
}

/**
 * One pass: sweeps over the rows for as long as an analysis wants another, each batch read once and run once for all of them;
 * then whatever is read off their results. Every result is handed over as soon as it is there. When some cannot be answered,
 * the others are all the same, and the first error is thrown in the end.
 */
export async function runPass(inputs: PassInputs): Promise<void> {
  const startedMs = performance.now();
  const { graph, manifest } = inputs.request.model;
  const subject: Subject = { graph, score: manifest.score, features: manifest.features };
  const parts = new Map<string, Part>();
  const emit = (key: string, result: unknown, files: string[], counts: Counts): void =>
    inputs.onResult({
      key,
      value: encodeResult(result),
      files,
      ...counts,
      durationMs: performance.now() - startedMs,
      executor: inputs.executor,
      device: inputs.device,
    });

  const together = async (asked: PassRequest['analyses']): Promise<void> => {
    let running: Running[] = asked
      .filter(({ key }) => !parts.has(key))
      .map(({ key, name, spec }) => {
        const analysis = analysisNamed(name);
        return { key, analysis, spec, state: analysis.start(spec, subject) };
      });
    while (running.length > 0) {
      const counts = await foldRows(running, subject, inputs);
      const ended = running.filter((one) => !continues(one));
      running = running.filter((one) => !ended.includes(one));
      for (const { key, analysis, state } of ended) {
        const result = analysis.finish(state);
        parts.set(key, { result, counts });
        const kept = await analysis.files?.save(result, inputs.environment.home);
        emit(key, kept?.value ?? result, kept?.files ?? [], counts);
      }
    }
  };
  const { analyses, readings } = inputs.request;
  const errors = await isolated(analyses, together);
  const failed = new Set(analyses.map(({ key }) => key).filter((key) => !parts.has(key)));
  for (const reading of readings.filter(({ partKey }) => !failed.has(partKey))) {
    const read = async (): Promise<void> => {
      const part = parts.get(reading.partKey) ?? (await keptPart(reading, inputs));
      emit(reading.key, await readingNamed(reading.name).read(reading.spec, part.result, inputs.rows), [], part.counts);
    };
    errors.push(...(await isolated([reading], read)));
  }
  if (errors[0] !== undefined) throw errors[0];
}

/** Moves on to the next sweep where the analysis wants one. */
function continues(one: Running): boolean {
  const next = one.analysis.again?.(one.state);
  if (next === undefined) return false;
  one.state = next;
  return true;
}

/** Folds every batch of one reading of the rows into every state. */
async function foldRows(running: readonly Running[], subject: Subject, inputs: PassInputs): Promise<Counts> {
  const programs = running.map(({ analysis, spec, state }) => analysis.program(spec, subject, state));
  const parameters = (member: number, batch: Batch): Values => {
    const { analysis, state, spec } = running[member] as Running;
    return analysis.parameters?.(state, batch, spec, subject) ?? {};
  };
  const counts = { rowCount: 0, skippedRowCount: 0 };
  const { request, model, bound } = inputs;
  for await (const { batch, results } of sweep(programs, parameters, { ...request, model, bound })) {
    counts.rowCount += batch.rowCount;
    counts.skippedRowCount += batch.skippedRowCount;
    for (const { member, part, outputs } of results) {
      const one = running[member] as Running;
      one.state = one.analysis.fold(one.state, outputs, part);
    }
    inputs.onProgress({
      rowsDone: counts.rowCount + counts.skippedRowCount,
      rowsTotal: inputs.rowsTotal,
      memoryBytes: process.memoryUsage.rss(),
    });
  }
  return counts;
}

async function keptPart({ partKey, name }: PassReading, { kept, environment }: PassInputs): Promise<Part> {
  const part = kept[partKey];
  if (part === undefined) throw new Error(`the part ${partKey} of ${name} is neither kept nor computed by this pass`);
  const { rowCount, skippedRowCount } = part;
  const value = decodeResult(part.value);
  const files = analysisNamed(readingNamed(name).of).files;
  const result = files === undefined ? value : await files.load(value, environment.home);
  return { result, counts: { rowCount, skippedRowCount } };
}
