import { join } from 'node:path';
import { unsupportedByExecutor } from '../../errors.ts';
import type { ModelArtifact, WeightTable } from '../executor.ts';
import { quantized, type StoredFloats, storedFloats } from '../files/floats.ts';
import { openStoredTable } from '../files/table.ts';
import { folderOf, readModelJson, weightsFileName } from './artifact.ts';
import { bytesOf } from './json.ts';
import type { WeightSpec } from './model-json.ts';

/** A table from the artifact's weights file, where weights lie one after the other in the manifest's order. */
export async function openTable(artifact: ModelArtifact, home: string, name: string): Promise<WeightTable> {
  const folder = folderOf(artifact, home);
  const { weightsManifest } = await readModelJson(folder);
  let offset = 0;
  for (const weight of weightsManifest.flatMap(({ weights }) => weights)) {
    const floats = weight.name === name ? floatsOf(weight) : undefined;
    if (floats !== undefined)
      return openStoredTable({ source: { path: join(folder, weightsFileName), offset }, dims: weight.shape, floats });
    offset += bytesOf(weight);
  }
  throw unsupportedByExecutor(`The table “${name}” is no weight of floating-point numbers: its entries are not read.`, {
    table: name,
  });
}

/** Undefined for whole numbers that stand for themselves. */
function floatsOf({ dtype, quantization }: WeightSpec): StoredFloats | undefined {
  if (dtype !== 'float32') return undefined;
  const { dtype: stored = 'float32', scale = 1, min = 0 } = quantization ?? {};
  if (stored === 'uint8') return quantized(1, scale, min);
  return stored === 'uint16' ? quantized(2, scale, min) : storedFloats[stored];
}
