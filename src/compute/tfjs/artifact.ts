import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { modelRejected } from '../../errors.ts';
import type { ModelArtifact } from '../executor.ts';
import type { ModelGraph } from '../graph.ts';
import type { ModelJson } from './model-json.ts';

/** Below the server's home: one folder for each registered model, named by its digest, with these files. */
export const modelsFolder = 'models';
export const modelFileName = 'model.json';
export const weightsFileName = 'weights.bin';
export const summaryFileName = 'graph.json';

export const artifactFileNames = [modelFileName, weightsFileName, summaryFileName] as const;

export const artifactOf = (digest: string): ModelArtifact => ({
  executor: 'TFJS',
  files: artifactFileNames.map((name) => `${modelsFolder}/${digest}/${name}`),
});

/** The folder of an artifact, absolute. */
export const folderOf = ({ files }: ModelArtifact, home: string): string => join(home, dirname(files[0] ?? ''));

export interface TfjsArtifact {
  readonly model: ModelJson;
  readonly weights: Uint8Array;
  readonly graph: ModelGraph;
}

/** Reads what registration wrote. Throws MODEL_REJECTED when it is not there as a whole. */
export async function readArtifact(folder: string): Promise<TfjsArtifact> {
  return readable(async () => ({
    model: await readJson<ModelJson>(folder, modelFileName),
    graph: await readJson<ModelGraph>(folder, summaryFileName),
    weights: await readFile(join(folder, weightsFileName)),
  }));
}

/** Without the weights. Throws MODEL_REJECTED when it is not there. */
export const readModelJson = (folder: string): Promise<ModelJson> => readable(() => readJson(folder, modelFileName));

const readJson = async <Json>(folder: string, name: string): Promise<Json> =>
  JSON.parse(await readFile(join(folder, name), 'utf8'));

const readable = <Read>(read: () => Promise<Read>): Promise<Read> =>
  read().catch(() => {
    throw modelRejected('The stored model is gone or damaged. Delete the model and register it again.');
  });
