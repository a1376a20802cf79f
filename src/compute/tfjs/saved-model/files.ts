import { createHash } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { modelRejected } from '../../../errors.ts';
import { artifactLimits, modelLimits } from '../../../limits.ts';
import { openBeside, type Surroundings } from '../../files/beside.ts';
import { type MetaGraphDef, SavedModelSchema } from './proto/saved_model_pb.js';

export const graphFileName = 'saved_model.pb';
export const variablesIndexName = 'variables/variables.index';
/** What serves the model lies in the graph's file and in these folders; whatever else lies beside them is not the model's. */
const folders = ['variables', 'assets'];
/** TensorFlow's tag of the graph that is served. */
const servedTag = 'serve';

interface CopiedFile {
  /** Below the model's folder. */
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Copies a model's files into `target`, read-only, in the order of their names. Throws MODEL_REJECTED. */
export async function copyFiles(around: Surroundings, target: string): Promise<CopiedFile[]> {
  const copied: CopiedFile[] = [];
  for (const name of await namesIn(around.folder)) {
    const file = await openBeside(around, name, (reason) =>
      modelRejected(`“${name}” ${reason}. Put plain files into the model’s folder.`, { file: name }),
    );
    try {
      await mkdir(dirname(join(target, name)), { recursive: true });
      const left = modelLimits.weightsBytes - copied.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      copied.push({ name, ...(await copyOf(file, name, join(target, name), left)) });
    } finally {
      await file.close();
    }
  }
  return copied;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = [graphFileName];
  for (const part of folders) {
    const entries = await readdir(join(folder, part), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (!entry.isDirectory()) names.push(join(entry.parentPath.slice(folder.length + 1), entry.name));
  }
  if (names.length > modelLimits.initializerCount)
    throw modelRejected(`The SavedModel has ${names.length} files; the most is ${modelLimits.initializerCount}.`);
  return names.sort();
}

async function copyOf(
  file: FileHandle,
  name: string,
  path: string,
  most: number,
): Promise<{ digest: string; sizeBytes: number }> {
  const limit = name === graphFileName ? modelLimits.fileBytes : most;
  const { size } = await file.stat();
  if (size > limit) throw modelRejected(`“${name}” has ${size} bytes, and at most ${limit} are read.`);
  const hash = createHash('sha256');
  const copy = await open(path, 'wx');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 1), artifactLimits.copyChunkBytes));
    let sizeBytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, sizeBytes);
      sizeBytes += bytesRead;
      if (sizeBytes > limit) throw modelRejected(`“${name}” became longer while it was read. Try again.`);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      await copy.write(buffer, 0, bytesRead);
    }
    await copy.sync();
    return { digest: hash.digest('hex'), sizeBytes };
  } finally {
    await copy.close();
    await chmod(path, 0o444);
  }
}

/** The graph that is served. Throws MODEL_REJECTED. */
export function parsedGraph(bytes: Uint8Array): MetaGraphDef {
  const graphs = decoded(bytes);
  const served = graphs.filter(
    ({ metaInfoDef }) => metaInfoDef?.tags.length === 1 && metaInfoDef.tags[0] === servedTag,
  );
  if (served.length === 1) return served[0] as MetaGraphDef;
  const tags = graphs.map(({ metaInfoDef }) => metaInfoDef?.tags.join(' ')).join(', ');
  throw modelRejected(
    `A SavedModel has one graph tagged “${servedTag}”; this one has ${graphs.length === 0 ? 'no graph' : `graphs tagged ${tags}`}. Export it for serving.`,
  );
}

function decoded(bytes: Uint8Array): MetaGraphDef[] {
  try {
    return fromBinary(SavedModelSchema, bytes, { readUnknownFields: false }).metaGraphs;
  } catch {
    throw modelRejected(`${graphFileName} is no SavedModel: it is cut off or something else. Export the model again.`);
  }
}
