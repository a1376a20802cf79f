import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { datasetRejected } from '../errors.ts';
import type { DatasetFile } from './types.ts';

/**
 * Data is read in place, so it must be what was registered: same size, same time of the last change.
 * Throws DATASET_REJECTED naming the file.
 */
export async function assertUnchanged(files: readonly DatasetFile[]): Promise<void> {
  for (const { path, sizeBytes, modifiedMs } of files) {
    const now = await stat(path).catch(() => undefined);
    if (now === undefined) {
      throw datasetRejected(`The file ${basename(path)} is gone. Put it back, or register the data as a new version.`);
    }
    if (now.size !== sizeBytes || now.mtimeMs !== modifiedMs) {
      throw datasetRejected(
        `The file ${basename(path)} was changed after it was registered. Register the data as a new version.`,
      );
    }
  }
}

/** Size and time of a file that begins and ends as Parquet does. Throws DATASET_REJECTED naming it. */
export async function inspectParquet(path: string): Promise<Omit<DatasetFile, 'rowCount'>> {
  const name = basename(path);
  const handle = await open(path).catch(() => {
    throw datasetRejected(`The file ${name} cannot be opened. Check that the server may read it.`);
  });
  try {
    const { size, mtimeMs } = await handle.stat();
    if (size === 0) throw datasetRejected(`The file ${name} is empty.`);
    const magicAt = async (position: number) =>
      (await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, position))).buffer.toString('latin1');
    if ((await magicAt(0)) !== 'PAR1') {
      throw datasetRejected(
        `The file ${name} is not Parquet: it does not begin with PAR1. Convert it to Parquet first.`,
      );
    }
    if (size < 12 || (await magicAt(size - 4)) !== 'PAR1') {
      throw datasetRejected(`The file ${name} is cut off: it does not end as Parquet does. Write or copy it again.`);
    }
    return { path, sizeBytes: size, modifiedMs: mtimeMs };
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
