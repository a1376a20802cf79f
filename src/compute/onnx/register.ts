import { createHash } from 'node:crypto';
import { chmod, open, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { GlassgraphError, modelRejected } from '../../errors.ts';
import type { ModelSource, Registration } from '../executor.ts';
import { published } from '../files/published.ts';
import type { LayerGraph, ModelGraph, Stray } from '../graph.ts';
import type { TensorSpec } from '../tensor.ts';
import {
  artifactFileNames,
  artifactOf,
  graphFileName,
  modelsFolder,
  readArtifact,
  summaryFileName,
  weightsFileName,
} from './artifact.ts';
import { bagsOfOldOpset, oldestOpset, withoutBagLoops } from './bags/index.ts';
import { checkModel } from './files/check.ts';
import { ExternalFiles } from './files/external.ts';
import { readModel } from './files/read.ts';
import { WeightsWriter } from './files/weights.ts';
import { openedRows, withAnyBatchSize } from './fixed-batch/index.ts';
import type { ModelProto } from './proto/onnx_pb.js';
import { ModelProtoSchema } from './proto/onnx_pb.js';
import { type CodedTexts, withCodedTexts } from './rewriting/coded-texts.ts';
import { normalized } from './rewriting/normalize.ts';
import { unfolded } from './rewriting/unfold.ts';
import { withoutZipMaps } from './rewriting/zip-map.ts';
import { inferredSpecs } from './shapes/specs.ts';
import { blockersOf } from './structure/blockers.ts';
import { describeStructure } from './structure/index.ts';
import { viewOf } from './view.ts';

/**
 * Checks an untrusted model and rewrites it into `home` as `models/<digest>/`: a small graph file, one file with the weights, and
 * what the model is as JSON, all read-only. Registering the same model again gives the same folder. Throws MODEL_REJECTED.
 */
export async function register(source: ModelSource, home: string): Promise<Registration> {
  const path = await modelFileOf(source.path);
  try {
    return await rewritten(path, source.root, join(home, modelsFolder));
  } catch (error) {
    if (!(error instanceof GlassgraphError)) throw error;
    throw new GlassgraphError(error.code, `“${basename(path)}”: ${error.message}`, error.details);
  }
}

/** The file itself, or the one in a folder. */
async function modelFileOf(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isDirectory()) return path;
  const names = (await readdir(path)).filter((name) => name.endsWith('.onnx'));
  const name = names.includes('model.onnx') ? 'model.onnx' : names[0];
  if (name === undefined || (names.length > 1 && name !== 'model.onnx'))
    throw modelRejected(
      `The folder “${basename(path)}” holds ${names.length} .onnx files. Name the file, or call one model.onnx.`,
      { files: names.slice(0, 20) },
    );
  return join(path, name);
}

async function rewritten(path: string, root: string, models: string): Promise<Registration> {
  const { model, bytes } = await readModel(path);
  checkModel(model);
  const files = new ExternalFiles(dirname(path), root);
  try {
    const { graph, digest, rowsPerRun } = await published(models, isWhole, (folder) =>
      writeArtifact(withCodedTexts(withoutZipMaps(normalized(model))), files, folder),
    );
    return {
      artifact: { ...artifactOf(digest), ...(rowsPerRun !== undefined && { rowsPerRun }) },
      format: 'ONNX',
      graph,
      filesDigest: filesDigest(bytes, await files.digests()),
      sizeBytes: bytes.length + (await files.sizeBytes()),
    };
  } finally {
    await files.close();
  }
}

/** Writes the three files; their digest names the artifact. */
async function writeArtifact(
  { model, texts }: CodedTexts,
  files: ExternalFiles,
  folder: string,
): Promise<{ graph: ModelGraph; digest: string; rowsPerRun?: number | undefined }> {
  const weightsDigest = await writeWeights(model, files, join(folder, weightsFileName));
  const settings = { folder, threads: 1 };
  const { model: sized, rowsPerRun } = await withAnyBatchSize(model, texts?.list, settings);
  const readable = await unfolded(await withoutBagLoops(sized, settings), settings);
  const inferred = await inferredSpecs(readable, settings);
  const opened =
    rowsPerRun === undefined
      ? { model: readable, tensors: inferred }
      : await openedRows(readable, inferred, texts?.list, rowsPerRun, settings);
  const whole = modelGraphOf({ model: opened.model, ...(texts && { texts }) }, opened.tensors);
  const graph = rowsPerRun === undefined ? whole : { ...whole, layers: layersOfRows(whole.layers) };
  const graphBytes = toBinary(ModelProtoSchema, opened.model);
  const summary = JSON.stringify(graph);
  await writeFile(join(folder, graphFileName), graphBytes, { flush: true });
  await writeFile(join(folder, summaryFileName), summary, { flush: true });
  for (const name of artifactFileNames) await chmod(join(folder, name), 0o444);
  const digest = createHash('sha256').update(weightsDigest).update(sha256(graphBytes)).update(summary).digest('hex');
  return { graph, digest, rowsPerRun };
}

/** Without those that hold a single row, or something of all that are run together. */
function layersOfRows(layers: readonly LayerGraph[]): LayerGraph[] {
  const kept = layers.filter(({ output }) => output.shape.includes(null));
  const names = new Set(kept.map(({ name }) => name));
  return kept.map((layer, index) => ({ ...layer, index, inputs: layer.inputs.filter((name) => names.has(name)) }));
}

/** Moves the large initializers of `model` into a file, and returns the file's digest. */
async function writeWeights(model: ModelProto, files: ExternalFiles, path: string): Promise<string> {
  const file = await open(path, 'wx');
  try {
    const writer = new WeightsWriter(file);
    const { graph } = model;
    if (graph !== undefined)
      for (const [index, tensor] of graph.initializer.entries())
        graph.initializer[index] = await writer.place(tensor, files);
    await file.sync();
    return writer.digest();
  } finally {
    await file.close();
  }
}

function modelGraphOf({ model, texts }: CodedTexts, tensors: readonly TensorSpec[]): ModelGraph {
  const specs = new Map(tensors.map((spec) => [spec.name, spec]));
  const view = viewOf(model);
  const pick = (infos: readonly { name: string }[]) => infos.flatMap(({ name }) => specs.get(name) ?? []);
  const outputs = pick(view.outputs);
  if (outputs.length === 0)
    throw modelRejected('None of the model’s outputs is a tensor. Export it with tensors, not maps.');
  const { strays, ...structure } = describeStructure(view, specs);
  const oldBags = bagsOfOldOpset(model, specs);
  const reasonOf = ({ node, reason }: Stray): string =>
    oldBags.has(node)
      ? `it is an EmbeddingBag, whose entries have gradients from opset ${oldestOpset} on, and the model has opset ${view.opset}; export it with opset ${oldestOpset} or later`
      : reason;
  const inputs = pick(view.inputs).filter(({ name }) => name !== texts?.list);
  const blockers = blockersOf(model, specs, { inputs, outputs, ...structure });
  return {
    inputs,
    ...(texts && { texts }),
    outputs,
    tensors: tensors.filter(({ name }) => name !== texts?.list),
    ...structure,
    capabilities: {
      activations: true,
      interventions: true,
      blockers,
      strays: strays.map((stray) => ({ ...stray, reason: reasonOf(stray) })),
    },
  };
}

const isWhole = (folder: string): Promise<boolean> =>
  readArtifact(folder).then(
    () => true,
    () => false,
  );

/** Of one file, its SHA-256; of several, the SHA-256 of their list in the form of sha256sum. */
function filesDigest(bytes: Uint8Array, external: readonly [location: string, digest: string][]): string {
  const digest = sha256(bytes);
  if (external.length === 0) return digest;
  const lines = [['model', digest] as const, ...external].map(([location, hash]) => `${hash}  ${location}\n`);
  return sha256(Buffer.from(lines.join('')));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
