import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { modelRejected } from '../../../errors.ts';
import { modelLimits } from '../../../limits.ts';
import type { ModelProto } from '../proto/onnx_pb.js';
import { ModelProtoSchema } from '../proto/onnx_pb.js';

export interface ModelFile {
  /** Raw data of tensors are views of `bytes`. */
  readonly model: ModelProto;
  readonly bytes: Uint8Array;
}

/** Reads one .onnx file, which may be anything. Throws MODEL_REJECTED saying what it is instead. */
export async function readModel(path: string): Promise<ModelFile> {
  const bytes = await readBytes(path);
  if (bytes.length === 0) throw modelRejected('The file is empty. Export the model again.');
  const text = textOf(bytes);
  if (text?.startsWith('version https://git-lfs'))
    throw modelRejected('The file is a Git LFS pointer, not the model. Fetch the model with “git lfs pull”.');
  if (text !== undefined)
    throw modelRejected('The file is text, not a binary ONNX model. Export the model as .onnx and register that file.');
  return { model: parse(bytes), bytes };
}

async function readBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => {
    throw modelRejected('The file cannot be opened. Check that it is there and that the server may read it.');
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw modelRejected('It is not a regular file. Register the .onnx file itself.');
    if (stats.size > modelLimits.fileBytes)
      throw modelRejected(
        `The file has ${stats.size} bytes, and an ONNX file ends at ${modelLimits.fileBytes}. Save its weights as external data.`,
      );
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function parse(bytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch {
    throw modelRejected('The file is cut off, damaged or not an ONNX model. Copy or export it again.');
  }
  if (model.graph === undefined)
    throw modelRejected('The file holds no ONNX graph: it is cut off or not an ONNX model. Export the model again.');
  return model;
}

/** The first bytes as text, when they are nothing else. A model begins with a field tag, a control character. */
function textOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 512)).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary from text
  return /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(head.replace(/\ufffd$/, '')) ? undefined : head;
}
