import type { Tensor } from '@tensorflow/tfjs';
import { GlassgraphError, modelRejected } from '../../errors.ts';
import type { TensorSpec } from '../tensor.ts';
import type { GraphView } from './graph-view.ts';
import type { Opened } from './opened.ts';
import { dtypeOf } from './values.ts';

/** How many outputs a node has. */
const several: Readonly<Record<string, string>> = { Split: 'num_split', SplitV: 'num_split', Unpack: 'num' };

/** TensorFlow's types of inputs, as rows know them. */
const inputTypes: Readonly<Record<string, 'float32' | 'int32' | 'bool'>> = {
  DT_FLOAT: 'float32',
  '1': 'float32',
  DT_INT32: 'int32',
  '3': 'int32',
  DT_INT64: 'int32',
  '9': 'int32',
  DT_BOOL: 'bool',
  '10': 'bool',
};

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
  const [two, three] = [2, 3].map((rows) => seen(model, inner, rows)) as [Seen, Seen];
  return names.flatMap((name) => {
    const [a, b] = [two.get(name), three.get(name)];
    const dtype = a && dtypeOf(a.dtype);
    if (a === undefined || b === undefined || dtype === undefined) return [];
    return [{ name, dtype, shape: a.shape.map((dim, axis) => (dim === b.shape[axis] ? dim : null)) }];
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
      view.inputs.map((name) => [name, tf.fill(inputShape(view, name, rows), value, inputType(view, name) as never)]),
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

/** The first dimension is that of the rows; other unknown ones are tried with 1. */
const inputShape = (view: GraphView, name: string, rows: number): number[] =>
  (view.byName.get(name)?.attr?.shape?.shape?.dim ?? []).map(({ size }, axis) => {
    const known = Number(size);
    return known >= 0 ? known : axis === 0 ? rows : 1;
  });

function inputType(view: GraphView, name: string): 'float32' | 'int32' | 'bool' {
  const written = String(view.byName.get(name)?.attr?.dtype?.type);
  const dtype = inputTypes[written];
  if (dtype === undefined) throw modelRejected(`The input “${name}” is of type ${written}, which rows cannot give.`);
  return dtype;
}
