import { analysisFailed, modelRejected } from '../../../errors.ts';
import type { BatchInput, CompiledProgram } from '../../executor.ts';
import type { Tensor } from '../../tensor.ts';
import type { CompiledGraph } from '../compile.ts';
import { LaneSessions } from './lanes.ts';
import { failedNode, reasonOf, type SessionSettings } from './runtime.ts';
import { Session, type Value, type Values } from './session.ts';

/** How a program is spread over lanes once it has run for a while; a few batches are not worth more sessions. */
export interface ProgramSpreading {
  /** After so much time in `run`; 0: before the first. */
  readonly afterMs: number;
  /** 1: none. */
  readonly lanes: number;
}

/**
 * Runs on this thread at first, then in lanes: batches are spread over cores better than the operators of one, those of small layers
 * being too short to be shared. What it gives is the same, bit for bit.
 */
export class OnnxProgram implements CompiledProgram {
  readonly #session: Session;
  readonly #compiled: CompiledGraph;
  readonly #spreading: ProgramSpreading;
  readonly #settings: SessionSettings;
  #busyMs = 0;
  #widening: Promise<void> | undefined;
  #lanes: LaneSessions | undefined;
  /** What runs on this thread. */
  #here: Promise<unknown> = Promise.resolve();

  private constructor(
    session: Session,
    compiled: CompiledGraph,
    settings: SessionSettings,
    spreading: ProgramSpreading,
  ) {
    this.#session = session;
    this.#compiled = compiled;
    this.#settings = settings;
    this.#spreading = spreading;
  }

  /** `settings`: of each session. Throws MODEL_REJECTED. */
  static async open(
    compiled: CompiledGraph,
    settings: SessionSettings,
    spreading: ProgramSpreading,
  ): Promise<OnnxProgram> {
    const session = await Session.open(compiled.bytes, settings).catch((error) => {
      throw modelRejected(`onnxruntime refuses the model: ${reasonOf(error, settings.folder)}`);
    });
    const program = new OnnxProgram(session, compiled, settings, spreading);
    if (spreading.afterMs === 0) await program.#widen();
    return program;
  }

  /** One more than there are lanes: none waits while its next run is prepared. */
  get concurrency(): number {
    return this.#lanes === undefined ? 1 : this.#lanes.count + 1;
  }

  async run(
    batch: BatchInput,
    parameters: Readonly<Record<string, Tensor>>,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const feeds = this.#feeds(batch, parameters);
    const running = this.#lanes?.run(feeds) ?? this.#runHere(feeds);
    const results = await running.catch((error) => {
      throw analysisFailed(`The model failed on a batch of rows: ${reasonOf(error)}`, failedNode(error));
    });
    return Object.fromEntries([...this.#compiled.outputs].map(([key, name]) => [key, given(results[name])]));
  }

  async close(): Promise<void> {
    await this.#widening;
    await (this.#lanes ?? this.#session).close();
  }

  #feeds(batch: BatchInput, parameters: Readonly<Record<string, Tensor>>): Values {
    const { inputs, texts, rowValues, parameters: wanted } = this.#compiled;
    const feeds: Record<string, Value> = {};
    for (const { name } of inputs) feeds[name] = wantedOf(name, batch.inputs[name]);
    if (texts !== undefined) {
      const data = batch.textList ?? [];
      feeds[texts] = { dtype: 'string', dims: [data.length], data };
    }
    for (const [name, input] of rowValues) feeds[input] = wantedOf(name, batch.rowValues[name]);
    for (const [name, input] of wanted) feeds[input] = wantedOf(name, parameters[name]);
    return feeds;
  }

  async #runHere(feeds: Values): Promise<Values> {
    const startMs = performance.now();
    const running = this.#session.run(feeds);
    this.#here = Promise.allSettled([this.#here, running]);
    const results = await running;
    this.#busyMs += performance.now() - startMs;
    if (this.#busyMs > this.#spreading.afterMs) void this.#widen();
    return results;
  }

  #widen(): Promise<void> {
    this.#widening ??= this.#openLanes();
    return this.#widening;
  }

  async #openLanes(): Promise<void> {
    const { lanes } = this.#spreading;
    if (lanes === 1) return;
    // Where there is no room for more sessions, the one that there is goes on.
    this.#lanes = await LaneSessions.open(this.#compiled.bytes, this.#settings, lanes).catch(() => undefined);
    if (this.#lanes === undefined) return;
    await this.#here;
    await this.#session.close();
  }
}

function wantedOf(name: string, tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error(`the batch has no “${name}”`);
  return tensor;
}

function given(value: Value | undefined): Tensor {
  if (value === undefined) throw new Error('onnxruntime left out a result');
  return value as Tensor;
}
