import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { datasetRejected, type GlassgraphError } from '../../errors.ts';
import type { DatasetFile } from '../types.ts';
import { fileNames } from './file-names.ts';

/**
 * Data is read in place, so it must be what was registered: same size, same time of the last change. Where these are the same and
 * something about the file has changed all the same (a copy that took the time along, a time set back), its bytes decide.
 * Throws DATASET_REJECTED naming the file.
 */
export async function assertUnchanged(files: readonly DatasetFile[]): Promise<void> {
  const nameOf = (path: string): string => fileNames(files.map((file) => file.path))(path);
  for (const file of files) {
    const now = await stat(file.path).catch(() => undefined);
    if (now === undefined)
      throw datasetRejected(
        `The file ${nameOf(file.path)} is gone. Put it back, or register the data as a new version.`,
      );
    const isSame =
      now.size === file.sizeBytes && now.mtimeMs === file.modifiedMs && (await hasSameBytes(file, now.ctimeMs));
    if (isSame) continue;
    throw datasetRejected(
      `The file ${nameOf(file.path)} was changed after it was registered. Register the data as a new version.`,
    );
  }
}

/** When files were last changed in a way that left their bytes the same, by path. */
const knownSame = new Map<string, number>();

async function hasSameBytes({ path, digest, changedMs }: DatasetFile, nowMs: number): Promise<boolean> {
  if (digest === undefined || changedMs === nowMs || knownSame.get(path) === nowMs) return true;
  if ((await digestOf(path)) !== digest) return false;
  knownSame.set(path, nowMs);
  return true;
}

export const emptyFile = (name: string): GlassgraphError =>
  datasetRejected(`The file ${name} is empty. Write it again, or leave it out.`);

/** Size and time of a file that begins and ends as Parquet does. Throws DATASET_REJECTED naming it. */
export async function inspectParquet(path: string, name = basename(path)): Promise<Omit<DatasetFile, 'rowCount'>> {
  const handle = await open(path).catch(() => {
    throw datasetRejected(`The file ${name} cannot be opened. Check that the server may read it.`);
  });
  try {
    const { size, mtimeMs, ctimeMs } = await handle.stat();
    if (size === 0) throw emptyFile(name);
    const magicAt = async (position: number) =>
      (await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, position))).buffer.toString('latin1');
    if ((await magicAt(0)) !== 'PAR1') {
      throw datasetRejected(
        `The file ${name} is not Parquet: it does not begin with PAR1. Give CSV and JSON Lines the endings of their own.`,
      );
    }
    if (size < 12 || (await magicAt(size - 4)) !== 'PAR1') {
      throw datasetRejected(`The file ${name} is cut off: it does not end as Parquet does. Write or copy it again.`);
    }
    return { path, sizeBytes: size, modifiedMs: mtimeMs, changedMs: ctimeMs };
  } finally {
    await handle.close();
  }
}

/** SHA-256 of a file's bytes, hex, streamed. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
