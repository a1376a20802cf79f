import { setImmediate } from 'node:timers/promises';
import type { ReadableRows, Subject, Tables, Values } from '../analysis/analysis.ts';
import { type AnalysisOfKind, analysisOfKind } from '../analysis/registry.ts';
import { subjectOf } from '../analysis/subject.ts';
import type { OpenModel } from '../compute/executor.ts';
import type { Program } from '../compute/program.ts';
import type { BoundInputs } from '../data/batches/bind.ts';
import { type Batch, rowColumnName } from '../data/types.ts';
import { using } from '../using.ts';
import { type Base, openBase } from './base.ts';
import { isolated } from './isolated.ts';
import { KeptBatches } from './kept-batches.ts';
import { Outcome, type Told } from './outcome.ts';
import { type Counts, Parts, resultsOf } from './parts.ts';
import { Progress } from './progress.ts';
import type { KeptPart, PassEnvironment, PassProgress, PassRequest } from './protocol.ts';
import { readAll } from './readings.ts';
import { batchesOf, type Feeds, sweep } from './sweep.ts';

export interface PassInputs extends Told {
  readonly request: PassRequest;
  readonly environment: PassEnvironment;
  readonly model: OpenModel;
  /** Of the request’s base; its inputs are bound with those of the model. */
  readonly base?: OpenModel;
  readonly bound: BoundInputs;
  readonly rows: ReadableRows;
  readonly tables: Tables;
  /** Of one sweep. */
  readonly rowsTotal: number;
  /** Results of earlier passes that are parts of questions of this one, by key. */
  readonly kept: Readonly<Record<string, KeptPart>>;
  onProgress(progress: PassProgress): void;
}

interface Running {
  readonly key: string;
  readonly analysis: AnalysisOfKind['fold'];
  readonly spec: unknown;
  state: unknown;
}

/**
 * One pass: sweeps over the rows for as long as an analysis wants another, each batch read once and run once for all of them;
 * then whatever is read off their results. Every result is handed over as soon as it is there. When some cannot be answered,
 * the others are all the same: each failure is handed over, and the first error is thrown in the end.
 */
export async function runPass(inputs: PassInputs): Promise<void> {
  const started: Running[] = [];
  try {
    await answerAll(inputs, started);
  } finally {
    for (const { analysis, state } of started) analysis.release?.(state);
  }
}

/** `started`: every analysis that was begun. */
async function answerAll(inputs: PassInputs, started: Running[]): Promise<void> {
  const { model, base } = inputs.request;
  const subject: Subject = { ...subjectOf(model), ...(base && { base: subjectOf(base) }) };
  const { environment, kept, rowsTotal, rows } = inputs;
  const parts = new Parts(kept, environment.home);
  const outcome = new Outcome(inputs);
  const progress = new Progress(rowsTotal, inputs.onProgress);

  const together = async (asked: PassRequest['analyses']): Promise<void> => {
    const open = asked.filter(({ key }) => !parts.has(key));
    let running = await Promise.all(
      open.map(async (question): Promise<Running> => {
        const { key, name, spec } = question;
        const analysis = analysisOfKind('fold', name);
        return { key, analysis, spec, state: analysis.start(spec, subject, ...resultsOf(await parts.of(question))) };
      }),
    );
    started.push(...running);
    const read = readerFor(running, inputs);
    while (running.length > 0) {
      const counts = await foldRows(running, subject, { ...inputs, read }, progress);
      const ended = running.filter((one) => !continues(one));
      running = running.filter((one) => !ended.includes(one));
      for (const one of ended) {
        const { key, analysis } = one;
        await settle(one, progress);
        one.state = (await analysis.readTables?.(one.state, inputs.tables)) ?? one.state;
        const result = analysis.finish(one.state);
        parts.add(key, { result, counts });
        const saved = await analysis.files?.save(result, environment.home);
        progress.report();
        outcome.done(key, saved?.value ?? result, counts, saved?.files);
      }
    }
  };
  const { analyses, readings } = inputs.request;
  outcome.failed(await isolated(analyses, together));
  progress.end();
  await readAll(readings, { parts, rows, rowCount: rowsTotal, outcome });
  outcome.assertNoneFailed();
}

/** Moves on to the next sweep where the analysis wants one. */
function continues(one: Running): boolean {
  const next = one.analysis.again?.(one.state);
  if (next === undefined) return false;
  one.state = next;
  return true;
}

/** Between two steps, what is told leaves this process, and the server sees that it is alive. */
async function settle(one: Running, progress: Progress): Promise<void> {
  const { settling } = one.analysis;
  for (let step = 0; step < stepsOf(one); step++) {
    one.state = settling?.step(one.state);
    progress.step();
    await setImmediate();
  }
}

const stepsOf = ({ analysis }: Running): number => analysis.settling?.steps ?? 0;

/** None without `again`; where nothing is said, nobody knows. */
const sweepsAfter = ({ analysis, state }: Running): number | null =>
  analysis.again === undefined ? 0 : (analysis.sweepsAfter?.(state) ?? null);

interface SweepInputs extends PassInputs {
  /** The rows, with every column that is wanted of them. */
  read(): AsyncIterable<Batch>;
}

/** Rows that may be swept more than once are kept while there is room. */
function readerFor(running: readonly Running[], { request, bound }: PassInputs): SweepInputs['read'] {
  const asked = running.flatMap(({ analysis, spec }) => analysis.columns?.(spec) ?? []);
  const columns = [...new Map(asked.map((column) => [rowColumnName(column), column])).values()];
  const read = () => batchesOf({ ...request, bound, columns });
  if (running.every((one) => sweepsAfter(one) === 0)) return read;
  const kept = new KeptBatches(read);
  return () => kept.read();
}

/** Folds every batch of one reading of the rows into every state. */
async function foldRows(
  running: readonly Running[],
  subject: Subject,
  inputs: SweepInputs,
  progress: Progress,
): Promise<Counts> {
  progress.begin(
    running.map(sweepsAfter),
    running.reduce((sum, one) => sum + stepsOf(one), 0),
  );
  const programs = running.map(({ analysis, spec, state }) => analysis.program(spec, subject, state));
  const basePrograms = running.map(
    ({ analysis, spec, state }) => subject.base && analysis.baseProgram?.(spec, subject.base, state),
  );
  return using(await openBase(basePrograms, inputs.base), (base) =>
    foldWith(base, programs, running, subject, inputs, progress),
  );
}

async function foldWith(
  base: Base,
  programs: readonly Program[],
  running: readonly Running[],
  subject: Subject,
  inputs: SweepInputs,
  progress: Progress,
): Promise<Counts> {
  const feeds: Feeds = {
    async parameters(member, batch): Promise<Values> {
      const { analysis, state, spec } = running[member] as Running;
      return { ...analysis.parameters?.(state, batch, spec, subject), ...(await base.run(member, batch)) };
    },
    inputs(member, batch) {
      const { analysis, state, spec } = running[member] as Running;
      return analysis.inputs?.(state, batch, spec, subject) ?? batch;
    },
  };
  const counts = { rowCount: 0, skippedRowCount: 0 };
  const { request, model, bound, read } = inputs;
  for await (const { batch, results } of sweep(programs, feeds, { ...request, model, bound }, read)) {
    counts.rowCount += batch.rowCount;
    counts.skippedRowCount += batch.skippedRowCount;
    for (const { member, part, outputs } of results) {
      const one = running[member] as Running;
      one.state = one.analysis.fold(one.state, outputs, part);
    }
    progress.advance(batch.rowCount + batch.skippedRowCount);
  }
  return counts;
}
