import { type Expression, parameter } from '../../compute/program.ts';
import { elementCount, float32 } from '../../compute/tensor.ts';
import type { Batch } from '../../data/types.ts';
import type { Subject, Values } from '../analysis.ts';
import { carriersOfFeatures } from '../players.ts';
import { tensorsOf } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { AttributionSpec } from './method.ts';
import { Draw } from './random.ts';

/** [copies · rows, …]: the noise on carriers, by the name of their tensor. */
export const noiseOf =
  (subject: Subject) =>
  (name: string): Expression =>
    parameter(`noise/${name}`, 'float32', [null, ...rowDimsOf(subject, name)]);

/** The parameters of `noiseOf`: copies beyond the samples have none. Elements are numbered through all carriers' tensors. */
export function noiseValues(
  { samples = 25, noise = 0, seed = 0 }: AttributionSpec,
  copyCount: number,
  subject: Subject,
  batch: Batch,
): Values {
  const values: Record<string, ReturnType<typeof float32>> = {};
  let first = 0;
  for (const name of tensorsOf(carriersOfFeatures(subject))) {
    const dims = rowDimsOf(subject, name);
    const size = elementCount(dims);
    const drawn = new Float32Array(copyCount * batch.rowCount * size);
    for (let sample = 0; sample < samples; sample++)
      for (let row = 0; row < batch.rowCount; row++)
        new Draw(seed, batch.index[row] as number, sample).normals(
          drawn,
          (sample * batch.rowCount + row) * size,
          size,
          first,
          noise,
        );
    values[`noise/${name}`] = float32([copyCount * batch.rowCount, ...dims], drawn);
    first += size;
  }
  return values;
}
