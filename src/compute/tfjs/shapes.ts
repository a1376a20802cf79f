import type { Tensor } from '@tensorflow/tfjs';
import { GlassgraphError, modelRejected } from '../../errors.ts';
import { placesCount } from '../runs.ts';
import type { TensorSpec } from '../tensor.ts';
import { batchSizeOf, dimsOf, inputSpec } from './inputs.ts';
import type { Opened } from './opened.ts';
import { shapesOfRows } from './trial.ts';
import { dtypeOf } from './values.ts';

/** How many outputs a node has. */
const several: Readonly<Record<string, string>> = { Split: 'num_split', SplitV: 'num_split', Unpack: 'num' };

/**
 * Type and shape of every tensor that depends on the rows, in topological order: the model runs over two made-up rows and over
 * three, and what changes is a dimension of the rows. Throws MODEL_REJECTED when it does not run.
 */
export function inferredSpecs(model: Opened): TensorSpec[] {
  const { view } = model;
  const names = view.nodes
    .filter(({ name }) => view.dependent.has(name))
    .flatMap(({ name, op, attr = {} }) => {
      const count = Number(attr[several[op] ?? 'outputs']?.i ?? 1);
      return Array.from({ length: count }, (_, at) => (at === 0 ? name : `${name}:${at}`));
    });
  const inner = names.filter((name) => !view.inputs.includes(name));
  const rowCount = batchSizeOf(view);
  if (rowCount !== undefined) return ofFixedSize(model, names, rowCount);
  const [two, three] = [2, 3].map((rows) => seen(model, inner, rows)) as [Seen, Seen];
  return names.flatMap((name) => {
    const [a, b] = [two.get(name), three.get(name)];
    const dtype = a && dtypeOf(a.dtype);
    if (a === undefined || b === undefined || dtype === undefined) return [];
    return [{ name, dtype, shape: a.shape.map((dim, axis) => (dim === b.shape[axis] ? dim : null)) }];
  });
}

/** Of a model that takes so many rows: which axis has them, their order shows. */
function ofFixedSize(model: Opened, names: readonly string[], rowCount: number): TensorSpec[] {
  const { inputs, outputs } = model.view;
  const inner = names.filter((name) => !inputs.includes(name));
  const seenOf = seen(model, inner, rowCount);
  const shapes = attempt(() => shapesOfRows(model, inner, rowCount));
  const lost = outputs.find((name) => shapes.has(name) && shapes.get(name)?.includes(null) !== true);
  if (lost !== undefined) throw placesCount(lost, rowCount);
  return names.flatMap((name) => {
    const own = seenOf.get(name);
    const dtype = own && dtypeOf(own.dtype);
    if (own === undefined || dtype === undefined) return [];
    const shape = inputs.includes(name) ? [null, ...own.shape.slice(1)] : [...(shapes.get(name) ?? own.shape)];
    return [{ name, dtype, shape }];
  });
}

type Seen = ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>;

/** Of ids that count from 1, zero is none. */
function seen(model: Opened, names: string[], rows: number): Seen {
  try {
    return run(model, names, rows, 0);
  } catch {
    return attempt(() => run(model, names, rows, 1));
  }
}

function run({ tf, executable, view }: Opened, names: string[], rows: number, value: number): Seen {
  const found = new Map<string, { readonly dtype: string; readonly shape: readonly number[] }>();
  tf.tidy(() => {
    const feeds = Object.fromEntries(
      view.inputs.map((name) => [
        name,
        tf.fill(dimsOf(inputSpec(view, name), rows), value, inputSpec(view, name).dtype as never),
      ]),
    );
    const values = executable.execute(feeds, names) as Tensor | Tensor[];
    const results = (Array.isArray(values) ? values : [values]).map(
      (tensor, at) => [names[at] as string, tensor] as const,
    );
    for (const [name, { dtype, shape }] of [...Object.entries<Tensor>(feeds), ...results])
      found.set(name, { dtype, shape });
  });
  return found;
}

function attempt<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (error instanceof GlassgraphError) throw error;
    throw modelRejected(`TensorFlow.js cannot run the model: ${(error as Error).message.slice(0, 300)}`);
  }
}
