import { open } from 'node:fs/promises';
import { modelRejected } from '../../errors.ts';
import { artifactLimits } from '../../limits.ts';
import type { WeightTable } from '../executor.ts';
import { elementCount } from '../tensor.ts';
import type { StoredFloats } from './floats.ts';

/** A weight in a file of the server's own, or in memory where it is small. */
export interface StoredTable {
  readonly source: { readonly path: string; readonly offset: number } | Uint8Array;
  /** [entries, …elements] */
  readonly dims: readonly number[];
  readonly floats: StoredFloats;
}

/** Throws MODEL_REJECTED when the file is gone or too short. */
export async function openStoredTable({ source, dims, floats }: StoredTable): Promise<WeightTable> {
  const [entryCount = 0, ...entry] = dims;
  const dimension = elementCount(entry);
  const entryBytes = dimension * floats.bytes;
  const atOnce = Math.max(1, Math.floor(artifactLimits.copyChunkBytes / Math.max(1, entryBytes)));
  const { read, close } = await readerOf(source);
  return {
    entryCount,
    dimension,
    async *blocks(first, end) {
      const buffer = new ArrayBuffer(Math.min(atOnce, Math.max(0, end - first)) * entryBytes);
      for (let from = first; from < end; from += atOnce) {
        const count = Math.min(atOnce, end - from);
        await read(new Uint8Array(buffer, 0, count * entryBytes), from * entryBytes);
        yield floats.read(buffer, count * dimension);
      }
    },
    close,
  };
}

interface Reader {
  /** Fills the bytes with those from `position` of the table on. */
  read(bytes: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

async function readerOf(source: StoredTable['source']): Promise<Reader> {
  if (source instanceof Uint8Array)
    return {
      read: async (bytes, position) => bytes.set(source.subarray(position, position + bytes.length)),
      close: async () => undefined,
    };
  const gone = () => modelRejected('The stored model is gone or damaged. Delete the model and register it again.');
  const file = await open(source.path).catch(() => {
    throw gone();
  });
  return {
    async read(bytes, position) {
      for (let done = 0; done < bytes.length; ) {
        const from = source.offset + position + done;
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, from);
        if (bytesRead === 0) throw gone();
        done += bytesRead;
      }
    },
    close: () => file.close(),
  };
}
