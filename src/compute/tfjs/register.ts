import { createHash } from 'node:crypto';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GlassgraphError, modelRejected } from '../../errors.ts';
import type { ModelSource, Registration } from '../executor.ts';
import { published } from '../files/published.ts';
import type { ModelGraph } from '../graph.ts';
import { findBlockers } from '../structure/blockers.ts';
import {
  artifactFileNames,
  artifactOf,
  modelFileName,
  modelsFolder,
  readArtifact,
  summaryFileName,
  weightsFileName,
} from './artifact.ts';
import { withAnyBatchSize } from './fixed-batch.ts';
import { blockersBetween } from './gradients/path.ts';
import type { ModelJson } from './model-json.ts';
import { opened } from './open.ts';
import { readModelFiles } from './read.ts';
import { runtime } from './runtime/runtime.ts';
import { graphFileName } from './saved-model/files.ts';
import { registerSaved } from './saved-model/register.ts';
import { inferredSpecs } from './shapes.ts';
import { describeStructure } from './structure/index.ts';
import { findStrays } from './structure/strays.ts';
import { unfused } from './unfuse.ts';

/**
 * Control flow, and outputs of as many rows as values are found, need asynchronous runs, which a tape does not record; tables of
 * text need more than numbers.
 */
const refused =
  /^(Switch|Merge|Enter|Exit|NextIteration|LoopCond|(Stateless)?(If|While)|Where|ListDiff|NonMaxSuppressionV\d|.*HashTable.*|.*Function.*|PartitionedCall|StatefulPartitionedCall)$/;

/**
 * Checks an untrusted graph or layers model and rewrites it into `home` as `models/<digest>/`: its graph with fused operators taken apart,
 * one file with the weights, and what the model is as JSON, all read-only. Registering the same model again gives the same folder.
 * Throws MODEL_REJECTED.
 */
export async function register(source: ModelSource, home: string, threads = 1): Promise<Registration> {
  const path = await modelFileOf(source);
  try {
    if (basename(path) === graphFileName) return await registerSaved({ ...source, path }, home, threads);
    const files = await readModelFiles(path, { folder: dirname(path), root: source.root });
    const { model, weights, rowsPerRun } = await withAnyBatchSize(
      await runtime(threads),
      rewritten(files.model),
      files.weights,
    );
    const graph = await modelGraphOf(model, weights, threads);
    const { digest } = await published(join(home, modelsFolder), isWhole, (folder) =>
      writeArtifact(model, weights, graph, folder),
    );
    const artifact = { ...artifactOf(digest), ...(rowsPerRun !== undefined && { rowsPerRun }) };
    const { digest: filesDigest, sizeBytes } = files;
    return { artifact, format: formats[model.format], graph, filesDigest, sizeBytes };
  } catch (error) {
    if (!(error instanceof GlassgraphError)) throw error;
    throw new GlassgraphError(error.code, `“${basename(source.path)}”: ${error.message}`, error.details);
  }
}

/** Of a folder, its model.json or saved_model.pb. */
async function modelFileOf({ path }: ModelSource): Promise<string> {
  const names = await readdir(path).catch(() => undefined);
  if (names === undefined) return path;
  return join(path, names.includes(graphFileName) ? graphFileName : modelFileName);
}

const formats = { 'graph-model': 'TFJS_GRAPH', 'layers-model': 'TFJS_LAYERS' } as const;

/** With fused operators taken apart; of layers, `openLayers` parts the activations. */
function rewritten(model: ModelJson): ModelJson {
  if (model.format === 'layers-model') return model;
  const { modelTopology } = model;
  const blocked = modelTopology.node.find(({ op }) => refused.test(op));
  if (blocked !== undefined)
    throw modelRejected(
      `The operator ${blocked.op} (“${blocked.name}”) is not run. Export the model without control flow, tables and filters, or as ONNX.`,
    );
  return { ...model, modelTopology: { ...modelTopology, node: unfused(modelTopology.node) } };
}

async function modelGraphOf(json: ModelJson, weights: Uint8Array, threads: number): Promise<ModelGraph> {
  const model = await opened(await runtime(threads), json, weights);
  const { view } = model;
  try {
    const tensors = inferredSpecs(model);
    const specs = new Map(tensors.map((spec) => [spec.name, spec]));
    const pick = (names: readonly string[]) => names.flatMap((name) => specs.get(name) ?? []);
    const outputs = pick(view.outputs);
    if (outputs.length === 0) throw modelRejected('None of the model’s outputs depends on its inputs.');
    const structure = describeStructure(model, specs);
    const graph = { inputs: pick(view.inputs), outputs, tensors, ...structure };
    const blockers = findBlockers(graph, specs, (target, wanted) => blockersBetween(model, target, wanted));
    const strays = findStrays(model, specs, structure.lookups);
    // Gradients need a rule of every operator that they pass.
    return { ...graph, capabilities: { activations: true, interventions: true, blockers, strays } };
  } finally {
    model.executable.dispose();
  }
}

/** Writes the three files; their digest names the artifact. */
async function writeArtifact(
  model: ModelJson,
  weights: Uint8Array,
  graph: ModelGraph,
  folder: string,
): Promise<{ digest: string }> {
  const contents = {
    [modelFileName]: JSON.stringify(model),
    [weightsFileName]: weights,
    [summaryFileName]: JSON.stringify(graph),
  };
  const hash = createHash('sha256');
  for (const name of artifactFileNames) {
    await writeFile(join(folder, name), contents[name], { flush: true });
    await chmod(join(folder, name), 0o444);
    hash.update(createHash('sha256').update(contents[name]).digest());
  }
  return { digest: hash.digest('hex') };
}

const isWhole = (folder: string): Promise<boolean> =>
  readArtifact(folder).then(
    () => true,
    () => false,
  );
