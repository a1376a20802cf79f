import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type GraphConstant = readonly [
  name: string,
  dtype: 'float32' | 'int32',
  shape: readonly number[],
  values: readonly number[],
];

/** Writes a graph model of TensorFlow.js into a new folder. Without outputs, they are what nobody reads. */
export async function writeGraphModel(
  folder: string,
  constants: readonly GraphConstant[],
  nodes: readonly object[],
  outputs: readonly string[] = [],
): Promise<void> {
  await mkdir(folder);
  const bytes = constants.map(([, dtype, , values]) =>
    Buffer.from((dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer),
  );
  await writeFile(join(folder, 'weights.bin'), Buffer.concat(bytes));
  const node = [...constants.map(([name]) => ({ name, op: 'Const', attr: {} })), ...nodes];
  const weights = constants.map(([name, dtype, shape]) => ({ name, dtype, shape }));
  const model = {
    format: 'graph-model',
    modelTopology: { node },
    signature: { outputs: Object.fromEntries(outputs.map((name) => [name, { name }])) },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
}
