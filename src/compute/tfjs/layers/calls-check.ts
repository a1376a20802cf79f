import { modelRejected } from '../../../errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Models, which may be layers of others. */
export const containers = new Set(['Model', 'Functional', 'Sequential']);

/** A call of a layer: its place in the layer's list, and the outputs of other calls that it reads. */
type Reference = readonly [layer: string, call: number, output: number, ...rest: unknown[]];

const isReference = (value: unknown): value is Reference =>
  Array.isArray(value) && typeof value[0] === 'string' && Number.isInteger(value[1]) && Number.isInteger(value[2]);

/**
 * TensorFlow.js builds a functional model by trying the calls of its layers until none is left, for ever where one reads what nobody
 * makes. Here they are tried by name first. Throws MODEL_REJECTED.
 */
export function checkCalls(className: string, layers: readonly Fields[], config: Fields): void {
  const names = layers.map(({ name }) => name as string);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw modelRejected(`Two layers are called “${twice}”. Convert the model again.`);
  if (className === 'Sequential') return;
  // An input and a nested model have been called once when they are made.
  const made = new Map(
    layers.map((layer) => {
      const type = layer.class_name as string;
      return [layer.name as string, type === 'InputLayer' || containers.has(type) ? 1 : 0];
    }),
  );
  let waiting = layers.flatMap((layer) => callsOf(layer).map((reads) => ({ name: layer.name as string, reads })));
  while (waiting.length > 0) {
    const left = waiting.filter(({ name, reads }) => {
      if (!reads.every(([from, call]) => call < (made.get(from) ?? 0))) return true;
      made.set(name, (made.get(name) ?? 0) + 1);
      return false;
    });
    if (left.length === waiting.length) throw unmade(left[0] as (typeof left)[0], made);
    waiting = left;
  }
  for (const key of ['input_layers', 'output_layers']) {
    const ends = config[key];
    if (!Array.isArray(ends) || !ends.every((end) => isReference(end) && end[1] < (made.get(end[0]) ?? 0)))
      throw modelRejected(`The model’s ${key} do not name its layers. Convert the model again.`);
  }
}

function callsOf({ name, inbound_nodes: written }: Fields): readonly (readonly Reference[])[] {
  if (Array.isArray(written) && written.every((call) => Array.isArray(call) && call.every(isReference)))
    return written as Reference[][];
  throw modelRejected(
    `The calls of the layer “${name}” are not written as Keras 2 writes them. Save the model with tf-keras (Keras 2) and convert it again.`,
  );
}

function unmade(
  { name, reads }: { name: string; reads: readonly Reference[] },
  made: ReadonlyMap<string, number>,
): Error {
  const [from = '?'] = reads.find(([layer, call]) => call >= (made.get(layer) ?? 0)) ?? [];
  return modelRejected(
    made.has(from)
      ? `The layer “${name}” reads a call of “${from}” that is not made before it: the layers form a cycle, or one is missing. Convert the model again.`
      : `The layer “${name}” reads “${from}”, which is not in the model. Convert the model again.`,
  );
}
