import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { modelRejected } from '../../errors.ts';
import type { ModelArtifact } from '../executor.ts';
import type { ModelGraph } from '../graph.ts';
import type { ModelProto, TensorProto } from './proto/onnx_pb.js';
import { ModelProtoSchema } from './proto/onnx_pb.js';
import { isExternal } from './tensors.ts';

/** Below the server's home: one folder for each registered model, named by its digest, with these files. */
export const modelsFolder = 'models';
export const graphFileName = 'graph.onnx';
export const weightsFileName = 'weights.bin';
export const summaryFileName = 'graph.json';

export const artifactFileNames = [graphFileName, weightsFileName, summaryFileName] as const;

export const artifactOf = (digest: string): ModelArtifact => ({
  executor: 'ONNXRUNTIME',
  files: artifactFileNames.map((name) => `${modelsFolder}/${digest}/${name}`),
});

/** The folder of an artifact, absolute. */
export const folderOf = ({ files }: ModelArtifact, home: string): string => join(home, dirname(files[0] ?? ''));

export interface OnnxArtifact {
  readonly folder: string;
  /** Small: weights lie in the weights file. */
  readonly model: ModelProto;
  readonly graph: ModelGraph;
}

/** Reads what registration wrote. Throws MODEL_REJECTED when it is not there as a whole. */
export async function readArtifact(folder: string): Promise<OnnxArtifact> {
  try {
    const model = fromBinary(ModelProtoSchema, await readFile(join(folder, graphFileName)));
    const graph: ModelGraph = JSON.parse(await readFile(join(folder, summaryFileName), 'utf8'));
    const { size } = await stat(join(folder, weightsFileName));
    // A mapped file that is shorter than its tensors takes the process down.
    const needed = Math.max(0, ...(model.graph?.initializer ?? []).filter(isExternal).map(endOf));
    if (size < needed) throw new Error(`${needed - size} bytes of weights are missing`);
    return { folder, model, graph };
  } catch {
    throw modelRejected('The stored model is gone or damaged. Delete the model and register it again.');
  }
}

function endOf({ externalData }: TensorProto): number {
  const entry = (name: string) => Number(externalData.find(({ key }) => key === name)?.value ?? 0);
  return entry('offset') + entry('length');
}
