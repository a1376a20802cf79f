import type { GraphModel } from '@tensorflow/tfjs';
import type { CompiledProgram, Executor, ModelArtifact, OpenModel, OpenOptions } from '../executor.ts';
import type { ModelGraph } from '../graph.ts';
import type { Program } from '../program.ts';
import { folderOf, readArtifact } from './artifact.ts';
import { compileProgram } from './compile.ts';
import { type GraphView, viewOf } from './graph-view.ts';
import type { Runtime } from './library.ts';
import { loadModel } from './load.ts';
import { register } from './register.ts';
import { info, runtime } from './runtime.ts';
import { openTable } from './table.ts';

/** Graph models of TensorFlow.js on its fastest backend that is installed. */
export const tfjsExecutor: Executor = {
  info,
  register,
  openTable,
  async open(artifact: ModelArtifact, { home, threads }: OpenOptions): Promise<OpenModel> {
    const { model, weights, graph } = await readArtifact(folderOf(artifact, home));
    const tf = await runtime(threads);
    return new TfjsModel(tf, loadModel(tf, model, weights), viewOf(model), graph);
  },
};

class TfjsModel implements OpenModel {
  readonly graph: ModelGraph;
  readonly #tf: Runtime;
  readonly #model: GraphModel;
  readonly #view: GraphView;

  constructor(tf: Runtime, model: GraphModel, view: GraphView, graph: ModelGraph) {
    this.graph = graph;
    this.#tf = tf;
    this.#model = model;
    this.#view = view;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    return compileProgram({ tf: this.#tf, model: this.#model, view: this.#view, graph: this.graph }, program);
  }

  async close(): Promise<void> {
    this.#model.dispose();
  }
}
