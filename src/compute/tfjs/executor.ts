import type { CompiledProgram, Executor, ModelArtifact, OpenModel, OpenOptions } from '../executor.ts';
import type { ModelGraph } from '../graph.ts';
import type { Program } from '../program.ts';
import { folderOf, readArtifact } from './artifact.ts';
import { compileProgram } from './compile.ts';
import { opened } from './open.ts';
import type { Opened } from './opened.ts';
import { register } from './register.ts';
import { info, runtime } from './runtime/runtime.ts';
import { isSaved, SavedModel } from './saved-model/open.ts';
import { openTable } from './table.ts';

/** Graph models and layers models of TensorFlow.js on its fastest backend that is installed. */
export const tfjsExecutor: Executor = {
  info,
  register,
  openTable,
  async open(artifact: ModelArtifact, { home, threads }: OpenOptions): Promise<OpenModel> {
    if (isSaved(artifact)) return SavedModel.open(artifact, home, threads);
    const { model, weights, graph } = await readArtifact(folderOf(artifact, home));
    return new TfjsModel(await opened(await runtime(threads), model, weights), graph, artifact.rowsPerRun);
  },
};

class TfjsModel implements OpenModel {
  readonly graph: ModelGraph;
  readonly #model: Opened;
  readonly #rowsPerRun: number | undefined;

  constructor(model: Opened, graph: ModelGraph, rowsPerRun: number | undefined) {
    this.graph = graph;
    this.#model = model;
    this.#rowsPerRun = rowsPerRun;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    return compileProgram({ ...this.#model, graph: this.graph, rowsPerRun: this.#rowsPerRun }, program);
  }

  async close(): Promise<void> {
    this.#model.executable.dispose();
  }
}
