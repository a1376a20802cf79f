import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { modelRejected } from '../../errors.ts';
import { modelLimits } from '../../limits.ts';
import { openBeside, type Surroundings } from '../files/beside.ts';
import type { ModelJson, WeightGroup, WeightSpec } from './model-json.ts';

/** What a model's own files hold. */
export interface ModelFiles {
  readonly model: ModelJson;
  /** All weights, one after the other. */
  readonly weights: Uint8Array;
  /** SHA-256 of the list of all files in the form of sha256sum, hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Reads model.json at `path` and the files that it names, which may be anything. Throws MODEL_REJECTED. */
export async function readModelFiles(path: string, around: Surroundings): Promise<ModelFiles> {
  const bytes = await fileBytes(around, basename(path), modelLimits.fileBytes);
  const model = parsed(bytes);
  const total = model.weightsManifest
    .flatMap(({ weights }) => weights)
    .reduce((sum, weight) => sum + bytesOf(weight), 0);
  if (total > modelLimits.fileBytes)
    throw modelRejected(
      `The weights have ${total} bytes; TensorFlow.js holds at most ${modelLimits.fileBytes}. Export the model as ONNX.`,
    );
  const lines = [`${sha256(bytes)}  model.json\n`];
  const parts: Uint8Array[] = [];
  let sizeBytes = bytes.length;
  for (const group of model.weightsManifest) {
    const expected = group.weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
    let found = 0;
    for (const location of group.paths) {
      const part = await fileBytes(around, location, expected - found);
      parts.push(part);
      lines.push(`${sha256(part)}  ${location}\n`);
      found += part.length;
    }
    if (found !== expected) throw wrongSize(group, found, expected);
    sizeBytes += found;
  }
  return { model, weights: Buffer.concat(parts), digest: sha256(Buffer.from(lines.join(''))), sizeBytes };
}

/** At most `most` bytes: a file that is longer is not what it should be. */
async function fileBytes(around: Surroundings, location: string, most: number): Promise<Buffer> {
  const file = await openBeside(around, location, (reason) =>
    modelRejected(`“${location}” ${reason}. Put plain files beside model.json.`, { file: location }),
  );
  try {
    const { size } = await file.stat();
    if (size > most)
      throw modelRejected(`“${location}” has ${size} bytes, and at most ${most} are expected. Copy it again.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function wrongSize({ paths }: WeightGroup, found: number, expected: number): Error {
  return modelRejected(
    `The weights in ${paths.join(', ')} have ${found} bytes, and model.json wants ${expected}. Copy the files again.`,
    { files: paths },
  );
}

/** Throws MODEL_REJECTED for a weight that is not read. */
export function bytesOf({ name, shape, dtype, quantization }: WeightSpec): number {
  const size = elementBytes[quantization?.dtype ?? dtype];
  if (size === undefined) throw modelRejected(`The weight “${name}” is of type ${dtype}, which is not read.`);
  const elements = shape.reduce((product, dim) => product * dim, 1);
  if (shape.length > modelLimits.rank || elements > modelLimits.elementCount)
    throw modelRejected(`The weight “${name}” has the shape [${shape.join(', ')}], which is beyond the limits.`);
  return elements * size;
}

function parsed(bytes: Buffer): ModelJson {
  let model: unknown;
  try {
    model = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw modelRejected('model.json is no JSON: it is cut off or something else. Convert the model again.');
  }
  if (isObject(model) && model.format === 'layers-model')
    throw modelRejected(
      'This is a layers model. Export it as a graph model: tensorflowjs_converter with --output_format=tfjs_graph_model.',
    );
  if (!isModel(model)) throw modelRejected('model.json is no graph model of TensorFlow.js. Convert the model again.');
  if (model.modelTopology.node.length > modelLimits.nodeCount)
    throw modelRejected(
      `The graph has ${model.modelTopology.node.length} nodes; the most is ${modelLimits.nodeCount}.`,
    );
  return model;
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, test: (entry: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.length <= 1000;
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isModel(model: unknown): model is ModelJson {
  if (!isObject(model) || model.format !== 'graph-model' || !isObject(model.modelTopology)) return false;
  const { node } = model.modelTopology;
  return isListOf(node, isNode) && isListOf(model.weightsManifest, isGroup) && isSignature(model.signature);
}

const isNode = (node: unknown): boolean =>
  isObject(node) &&
  isText(node.name) &&
  isText(node.op) &&
  (node.input === undefined || isListOf(node.input, isText)) &&
  (node.attr === undefined || (isObject(node.attr) && Object.values(node.attr).every(isObject)));

const isGroup = (group: unknown): boolean =>
  isObject(group) && isListOf(group.paths, isText) && isListOf(group.weights, isWeight);

const isWeight = (weight: unknown): boolean =>
  isObject(weight) &&
  isText(weight.name) &&
  isText(weight.dtype) &&
  isListOf(weight.shape, isSize) &&
  (weight.quantization === undefined || isObject(weight.quantization));

const isSignature = (signature: unknown): boolean =>
  signature === undefined ||
  (isObject(signature) &&
    [signature.inputs, signature.outputs].every(
      (entries) =>
        entries === undefined ||
        (isObject(entries) && Object.values(entries).every((entry) => isObject(entry) && isText(entry.name))),
    ));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
