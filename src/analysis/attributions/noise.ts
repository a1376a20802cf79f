import { type Expression, parameter } from '../../compute/program.ts';
import { elementCount, float32 } from '../../compute/tensor.ts';
import type { Bag } from '../../data/batches/bags.ts';
import { type Carrier, carriersOf } from '../../data/manifest/carriers.ts';
import { isBag } from '../../data/manifest/manifest.ts';
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

/**
 * The parameters of `noiseOf`: copies beyond the samples have none. Elements are numbered through all carriers' tensors: feature by
 * feature, of each the narrower first, since the forms of one network have its tables in different orders (wide and deep).
 */
export function noiseValues(
  { samples = 25, noise = 0, seed = 0 }: AttributionSpec,
  copyCount: number,
  subject: Subject,
  batch: Batch,
): Values {
  const values: Record<string, ReturnType<typeof float32>> = {};
  let first = 0;
  const widthOf = ({ tensor }: Carrier): number => elementCount(rowDimsOf(subject, tensor));
  const byWidth = carriersOfFeatures(subject).map((own) => own.toSorted((a, b) => widthOf(a) - widthOf(b)));
  for (const name of tensorsOf(byWidth)) {
    const dims = rowDimsOf(subject, name);
    const size = elementCount(dims);
    const bag = bagOf(name, subject, batch);
    const starts = bag?.starts ?? Array.from({ length: batch.rowCount + 1 }, (_, row) => row);
    const count = starts[batch.rowCount] as number;
    const drawn = new Float32Array(copyCount * count * size);
    for (let sample = 0; sample < samples; sample++)
      for (let row = 0; row < batch.rowCount; row++) {
        const [start, end] = [starts[row] as number, starts[row + 1] as number];
        const draw = new Draw(seed, batch.index[row] as number, sample);
        draw.normals(drawn, (sample * count + start) * size, (end - start) * size, first, noise);
      }
    values[`noise/${name}`] = float32([copyCount * count, ...dims], drawn);
    first += size * (bag === undefined ? 1 : longestBag);
  }
  return values;
}

/** Elements of a bag that have numbers of their own. */
const longestBag = 2 ** 12;

/** Whose entries a tensor holds, where rows have any number of them. */
function bagOf(name: string, { graph, features }: Subject, { bags = [] }: Batch): Bag | undefined {
  const feature = features.find((one) => isBag(one) && carriersOf(graph, one).some(({ tensor }) => tensor === name));
  return bags.find(({ bound }) => bound.ids.name === feature?.input);
}
