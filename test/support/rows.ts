import type { NewDataset } from '../../src/store/datasets.ts';
import type { NewModel } from '../../src/store/models.ts';

/** Rows of the store about which only the name, the version and what a test names matters. */
export const newModel = (name: string, version: string, about: Partial<NewModel> = {}): NewModel => ({
  name,
  version,
  digest: `digest of ${name} ${version}`,
  tags: [],
  format: 'ONNX',
  executor: 'ONNXRUNTIME',
  sizeBytes: 0,
  artifact: { executor: 'ONNXRUNTIME', files: [] },
  graph: { inputs: [], outputs: [], tensors: [], layers: [], parameterCount: 0, logits: [], lookups: [] },
  manifest: { score: { output: 'score', index: 0, space: 'PROBABILITY' }, features: [], vocabularies: {} },
  ...about,
});

export const newDataset = (name: string, version: string, about: Partial<NewDataset> = {}): NewDataset => ({
  name,
  version,
  digest: `digest of ${name} ${version}`,
  files: [],
  columns: [],
  rowCount: 0,
  partitions: [],
  ...about,
});
