import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { modelRejected } from '../../../errors.ts';
import { artifactLimits } from '../../../limits.ts';
import { openBeside } from '../../files/beside.ts';
import type { TensorProto } from '../proto/onnx_pb.js';
import { elementBytes } from '../tensors.ts';

/** A stretch of a file beside the model. */
interface Range {
  readonly file: FileHandle;
  readonly offset: number;
  readonly length: number;
}

/**
 * The files beside a model that hold its weights. A model must never name a path of its choice: only regular files below the
 * model's folder and below `root` are opened, without `..` and without links of either kind.
 */
export class ExternalFiles {
  readonly #folder: string;
  readonly #root: string;
  readonly #files = new Map<string, FileHandle>();

  /** Both absolute, links resolved. */
  constructor(folder: string, root: string) {
    this.#folder = folder;
    this.#root = root;
  }

  /** Where the data of an external tensor lies; checked against its dims and the file's size. */
  async range(tensor: TensorProto): Promise<Range> {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const offset = wholeNumber(entries.get('offset') ?? '0');
    const length =
      Number(tensor.dims.reduce((product, dim) => product * dim, 1n)) * (elementBytes(tensor.dataType) ?? 0);
    const declared = wholeNumber(entries.get('length') ?? `${length}`);
    const location = entries.get('location') ?? '';
    if (declared !== length || Number.isNaN(offset))
      throw modelRejected(
        `The external data of “${tensor.name}” does not fit its shape [${tensor.dims.join(', ')}]. Export the model again.`,
      );
    const file = await this.#open(location, tensor.name);
    const { size } = await file.stat();
    if (offset + length > size)
      throw modelRejected(
        `The external data of “${tensor.name}” ends at byte ${offset + length}, and its file has ${size}. Copy the file again.`,
      );
    return { file, offset, length };
  }

  /** Location and hexadecimal SHA-256 of every file that was opened, by location. */
  async digests(): Promise<[location: string, digest: string][]> {
    const digests: [string, string][] = [];
    for (const [location, file] of [...this.#files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const hash = createHash('sha256');
      for await (const chunk of chunksOf({ file, offset: 0, length: (await file.stat()).size })) hash.update(chunk);
      digests.push([location, hash.digest('hex')]);
    }
    return digests;
  }

  async sizeBytes(): Promise<number> {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += (await file.stat()).size;
    return bytes;
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  async #open(location: string, tensor: string): Promise<FileHandle> {
    const opened = this.#files.get(location);
    if (opened !== undefined) return opened;
    const file = await openBeside({ folder: this.#folder, root: this.#root }, location, (reason) =>
      modelRejected(`The external data of “${tensor}” ${reason}. Put plain files beside the model.`, { tensor }),
    );
    this.#files.set(location, file);
    return file;
  }
}

/** The bytes of a range, in pieces: weights never lie in memory as a whole. Each piece is overwritten by the next. */
export async function* chunksOf({ file, offset, length }: Range): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(length, artifactLimits.copyChunkBytes));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - done), offset + done);
    if (bytesRead === 0) throw modelRejected('A file of external data became shorter while it was read. Try again.');
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

const wholeNumber = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN);
