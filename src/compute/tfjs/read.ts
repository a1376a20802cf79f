import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { modelRejected } from '../../errors.ts';
import { modelLimits } from '../../limits.ts';
import { openBeside, type Surroundings } from '../files/beside.ts';
import { bytesOf, parsedModel } from './json.ts';
import type { ModelJson, WeightGroup } from './model-json.ts';

/** What a model's own files hold. */
export interface ModelFiles {
  readonly model: ModelJson;
  /** All weights, one after the other. */
  readonly weights: Uint8Array;
  /** SHA-256 of the list of all files in the form of sha256sum, hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Reads model.json at `path` and the files that it names, which may be anything. Throws MODEL_REJECTED. */
export async function readModelFiles(path: string, around: Surroundings): Promise<ModelFiles> {
  const bytes = await fileBytes(around, basename(path), modelLimits.fileBytes);
  const model = parsedModel(bytes);
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

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
