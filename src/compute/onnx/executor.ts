import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import packageInfo from 'onnxruntime-node/package.json' with { type: 'json' };
import { analysisFailed, modelRejected } from '../../errors.ts';
import type { BatchInput, CompiledProgram, Executor, ModelArtifact, OpenModel, OpenOptions } from '../executor.ts';
import type { ModelGraph } from '../graph.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { folderOf, type OnnxArtifact, readArtifact } from './artifact.ts';
import { type CompiledGraph, compileProgram } from './compile.ts';
import { register } from './register.ts';
import { failedNode, openSession, reasonOf, runtime } from './runtime.ts';
import { openTable } from './table.ts';

/** ONNX models on onnxruntime's CPU provider. */
export const onnxExecutor: Executor = {
  info: {
    name: 'ONNXRUNTIME',
    version: packageInfo.version,
    device: 'cpu',
    formats: ['ONNX'],
    available: true,
    note: null,
  },
  register,
  openTable,
  async open(artifact: ModelArtifact, { home, threads }: OpenOptions): Promise<OpenModel> {
    return new OnnxModel(await readArtifact(folderOf(artifact, home)), threads);
  },
};

/** Costs nothing while open: each program has a session of its own, and all of them share the mapped weights. */
class OnnxModel implements OpenModel {
  readonly graph: ModelGraph;
  readonly #artifact: OnnxArtifact;
  readonly #threads: number;

  constructor(artifact: OnnxArtifact, threads: number) {
    this.graph = artifact.graph;
    this.#artifact = artifact;
    this.#threads = threads;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    const { model, graph, folder } = this.#artifact;
    const compiled = compileProgram(model, graph, program);
    const session = await openSession(compiled.bytes, { folder, threads: this.#threads }).catch((error) => {
      throw modelRejected(`onnxruntime refuses the model: ${reasonOf(error, folder)}`);
    });
    return new OnnxProgram(session, compiled);
  }

  async close(): Promise<void> {}
}

class OnnxProgram implements CompiledProgram {
  readonly #session: InferenceSession;
  readonly #compiled: CompiledGraph;

  constructor(session: InferenceSession, compiled: CompiledGraph) {
    this.#session = session;
    this.#compiled = compiled;
  }

  async run(
    batch: BatchInput,
    parameters: Readonly<Record<string, Tensor>>,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const { inputs, texts, rowValues, parameters: wanted, outputs } = this.#compiled;
    const feeds: Record<string, RuntimeTensor> = {};
    for (const { name } of inputs) feeds[name] = await toRuntime(name, batch.inputs[name]);
    if (texts !== undefined) feeds[texts] = await listOfTexts(batch.textList ?? []);
    for (const [name, input] of rowValues) feeds[input] = await toRuntime(name, batch.rowValues[name]);
    for (const [name, input] of wanted) feeds[input] = await toRuntime(name, parameters[name]);
    const results = await this.#session.run(feeds).catch((error) => {
      throw analysisFailed(`The model failed on a batch of rows: ${reasonOf(error)}`, failedNode(error));
    });
    return Object.fromEntries([...outputs].map(([key, name]) => [key, fromRuntime(results[name])]));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

async function toRuntime(name: string, tensor: Tensor | undefined): Promise<RuntimeTensor> {
  if (tensor === undefined) throw new Error(`the batch has no “${name}”`);
  const { Tensor } = await runtime();
  return new Tensor(tensor.dtype, tensor.data, tensor.dims);
}

async function listOfTexts(texts: readonly string[]): Promise<RuntimeTensor> {
  const { Tensor } = await runtime();
  return new Tensor('string', [...texts], [texts.length]);
}

function fromRuntime(tensor: RuntimeTensor | undefined): Tensor {
  if (tensor === undefined) throw new Error('onnxruntime left out a result');
  return { dtype: tensor.type, dims: tensor.dims, data: tensor.data } as Tensor;
}
