import type { Tensor } from '@tensorflow/tfjs';
import { followsRows, madeUpValues, type Numbers, rowAxisOf } from '../made-up.ts';
import { elementCount, type TensorSpec } from '../tensor.ts';
import { dimsOf, inputSpec } from './inputs.ts';
import type { Opened } from './opened.ts';

/** Of tensors of a model that takes so many rows: their shapes, with the axis open along which rows lie, where their order is kept. */
export function shapesOfRows(
  model: Opened,
  names: readonly string[],
  rowCount: number,
): Map<string, TensorSpec['shape']> {
  const rows = Array.from({ length: rowCount }, (_, at) => at);
  const [forward, backward] = [run(model, names, rows), run(model, names, rows.toReversed())];
  return new Map(
    [...forward].map(([name, { dims }]) => {
      const axis = rowAxisOf(dims, rowCount) ?? -1;
      const follows = followsRows(forward, backward, name, axis, rowCount);
      return [name, dims.map((size, at) => (follows && at === axis ? null : size))];
    }),
  );
}

/** The rows of these numbers, made up. */
export function run({ tf, executable, view }: Opened, names: readonly string[], rows: readonly number[]): Numbers {
  const found = new Map<string, { dims: readonly number[]; values: readonly number[] }>();
  tf.tidy(() => {
    const feeds = Object.fromEntries(
      view.inputs.map((name) => {
        const spec = inputSpec(view, name);
        const dims = [rows.length, ...dimsOf(spec, rows.length).slice(1)];
        const values = rows.flatMap((row) => madeUpValues(row, elementCount(dims.slice(1)), spec));
        return [name, tf.tensor(values, dims, spec.dtype as 'float32' | 'int32')];
      }),
    );
    const results = [executable.execute(feeds, [...names])].flat() as Tensor[];
    for (const [at, tensor] of results.entries())
      found.set(names[at] as string, { dims: tensor.shape, values: [...tensor.dataSync()] });
  });
  return found;
}
