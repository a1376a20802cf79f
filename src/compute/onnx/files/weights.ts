import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import { modelRejected } from '../../../errors.ts';
import { artifactLimits, modelLimits } from '../../../limits.ts';
import { weightsFileName } from '../artifact.ts';
import type { TensorProto } from '../proto/onnx_pb.js';
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from '../proto/onnx_pb.js';
import { isExternal, rawBytesOf } from '../tensors.ts';
import { chunksOf, type ExternalFiles } from './external.ts';

/** Writes the large tensors of a model into one file of our own, one after the other, hashing what it writes. */
export class WeightsWriter {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Hexadecimal SHA-256; nothing may be written afterwards. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /**
   * The tensor as it goes into the graph file: with its data where onnxruntime's shape inference may read them (small tensors,
   * whole numbers, text), or pointing into the weights file.
   */
  async place(tensor: TensorProto, files: ExternalFiles): Promise<TensorProto> {
    const { name, dims, dataType } = tensor;
    if (dataType === TensorProto_DataType.STRING) return tensor;
    const source = isExternal(tensor) ? await files.range(tensor) : rawBytesOf(tensor);
    const { length } = source;
    const data = source instanceof Uint8Array ? [source] : chunksOf(source);
    if (staysInline(dataType, length))
      return create(TensorProtoSchema, { name, dims, dataType, rawData: await joined(data) });
    const offset = await this.#append(data, length);
    return create(TensorProtoSchema, {
      name,
      dims,
      dataType,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries({ location: weightsFileName, offset, length }).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value: `${value}` }),
      ),
    });
  }

  async #append(data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, length: number): Promise<number> {
    const padding = -this.#bytes & (artifactLimits.alignmentBytes - 1);
    if (this.#bytes + padding + length > modelLimits.weightsBytes)
      throw modelRejected(`The weights take more than ${modelLimits.weightsBytes} bytes, which is the limit.`);
    if (padding > 0) await this.#write(new Uint8Array(padding));
    const offset = this.#bytes;
    for await (const chunk of data) await this.#write(chunk);
    return offset;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done);
      done += bytesWritten;
    }
    this.#bytes += bytes.length;
  }
}

const staysInline = (dataType: number, bytes: number): boolean =>
  bytes < artifactLimits.inlineBytes ||
  (dataType === TensorProto_DataType.INT64 && bytes <= artifactLimits.inlineIntegerBytes);

/** A copy, since the pieces are reused. */
async function joined(data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of data) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}
