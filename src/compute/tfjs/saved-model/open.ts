import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import { modelRejected, unsupportedByExecutor } from '../../../errors.ts';
import type { CompiledProgram, ModelArtifact, OpenModel } from '../../executor.ts';
import { everythingIn } from '../../expressions.ts';
import type { ModelGraph } from '../../graph.ts';
import type { Program } from '../../program.ts';
import { modelsFolder, summaryFileName } from '../artifact.ts';
import { compileProgram } from '../compile.ts';
import { viewOf } from '../graph-view.ts';
import type { Executable, Opened } from '../opened.ts';
import type { NativeModel } from '../runtime/native.ts';
import { nativeRuntime } from '../runtime/runtime.ts';
import { graphFileName, parsedGraph } from './files.ts';
import { nodesOf, type Signature, signatureOf } from './signature.ts';

/** Files of folders come before those that lie beside them: whoever removes a model, removes folders in this order. */
export const savedArtifact = (digest: string, names: readonly string[]): ModelArtifact => ({
  executor: 'TFJS',
  files: [...names, summaryFileName]
    .toSorted((a, b) => b.split('/').length - a.split('/').length)
    .map((name) => `${modelsFolder}/${digest}/${name}`),
});

export const isSaved = ({ files }: ModelArtifact): boolean => files.some((file) => file.endsWith(`/${graphFileName}`));

/** A SavedModel: its outputs can be had from its inputs, and nothing else. */
export class SavedModel implements OpenModel {
  readonly graph: ModelGraph;
  readonly #opened: Opened;
  readonly #rowsPerRun: number | undefined;

  private constructor(graph: ModelGraph, opened: Opened, rowsPerRun: number | undefined) {
    this.graph = graph;
    this.#opened = opened;
    this.#rowsPerRun = rowsPerRun;
  }

  static async open({ files, rowsPerRun }: ModelArtifact, home: string, threads: number): Promise<SavedModel> {
    const folder = join(home, dirname(files.at(-1) ?? ''));
    const { graph, signature } = await readSaved(
      folder,
      files.map((file) => join(home, file)),
    );
    return new SavedModel(graph, await openSaved(folder, signature, threads), rowsPerRun);
  }

  async compile(program: Program): Promise<CompiledProgram> {
    const everything = everythingIn([...Object.values(program.outputs), ...Object.values(program.overrides ?? {})]);
    if (everything.some(({ kind }) => kind === 'gradient'))
      throw unsupportedByExecutor(
        'A SavedModel has no gradients: TensorFlow.js runs it as a whole. Ask for a method that needs none (FEATURE_ABLATION, FEATURE_PERMUTATION, SHAPLEY_SAMPLING), or convert the model to ONNX or to a graph model of TensorFlow.js.',
        { executor: 'TFJS' },
      );
    return compileProgram({ ...this.#opened, graph: this.graph, rowsPerRun: this.#rowsPerRun }, program);
  }

  async close(): Promise<void> {
    this.#opened.executable.dispose();
  }
}

/** Reads what registration wrote. Throws MODEL_REJECTED when it is not there as a whole. */
export async function readSaved(
  folder: string,
  files: readonly string[] = [],
): Promise<{ graph: ModelGraph; signature: Signature }> {
  try {
    const graph = JSON.parse(await readFile(join(folder, summaryFileName), 'utf8'));
    const signature = signatureOf(parsedGraph(await readFile(join(folder, graphFileName))));
    await Promise.all(files.map((file) => stat(file)));
    return { graph, signature };
  } catch {
    throw modelRejected('The stored model is gone or damaged. Delete the model and register it again.');
  }
}

/** Throws MODEL_REJECTED where TensorFlow refuses it, and UNSUPPORTED_BY_EXECUTOR without native TensorFlow. */
export async function openSaved(folder: string, signature: Signature, threads: number): Promise<Opened> {
  const { tf, native } = await nativeRuntime(threads);
  const model = await native.node.loadSavedModel(folder, ['serve'], signature.name).catch((error: Error) => {
    throw modelRejected(`TensorFlow refuses the model: ${error.message.replaceAll(folder, '').slice(0, 300)}`);
  });
  const outputs = Object.fromEntries(signature.outputs.map(({ name }) => [name, { name }]));
  const view = viewOf({
    format: 'graph-model',
    modelTopology: { node: nodesOf(signature) },
    signature: { outputs },
    weightsManifest: [],
  });
  return { tf, executable: new Closed(model), view };
}

/** Runs the whole function, whatever is asked of it. */
class Closed implements Executable {
  readonly #model: NativeModel;

  constructor(model: NativeModel) {
    this.#model = model;
  }

  execute(feeds: NamedTensorMap, names: string | string[]): Tensor | Tensor[] {
    const results = this.#model.predict(feeds);
    const pick = (name: string): Tensor => results[name] as Tensor;
    return Array.isArray(names) ? names.map(pick) : pick(names);
  }

  differentiates(): boolean {
    return false;
  }

  dispose(): void {
    this.#model.dispose();
  }
}
