import type { Tensor, TensorSpec } from '../../compute/tensor.ts';
import { bindingMismatch } from '../../errors.ts';
import { type FeatureBinding, slotsOf } from './manifest.ts';

/** Elements of one row of a tensor whose first axis is the rows; null when that is only known at run time. */
export function rowWidth(shape: readonly (number | null)[]): number | null {
  return shape.slice(1).reduce<number | null>((width, dim) => (width === null || dim === null ? null : width * dim), 1);
}

/** Shape of one row that has `elements` values: an axis of unknown length takes what the others leave. Throws BINDING_MISMATCH. */
export function rowDims({ name, shape }: Pick<TensorSpec, 'name' | 'shape'>, elements: number): number[] {
  const [, ...dims] = shape;
  const known = dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);
  const unknownCount = dims.filter((dim) => dim === null).length;
  if (unknownCount > 1 || elements % known !== 0) {
    throw bindingMismatch(
      `The features of the input “${name}” fill ${elements} values a row, which do not make its shape [${shape.map((dim) => dim ?? '?').join(', ')}].`,
      { input: name },
    );
  }
  return dims.map((dim) => dim ?? elements / known);
}

/** Shape of one row of an input that is filled by these features and no others. Throws BINDING_MISMATCH. */
export function filledDims(input: Pick<TensorSpec, 'name' | 'shape'>, features: readonly FeatureBinding[]): number[] {
  const slots = features.flatMap(slotsOf).filter((slot) => slot.input === input.name);
  return rowDims(input, Math.max(0, ...slots.map(({ index, width }) => index + width)));
}

const fillable: readonly string[] = ['float32', 'float64', 'int32', 'int64', 'bool'] satisfies Tensor['dtype'][];

/** Element type of an input that rows can fill. Throws BINDING_MISMATCH for others. */
export function dtypeOf({ name, dtype, shape }: TensorSpec, feature: string): Tensor['dtype'] {
  if (!fillable.includes(dtype)) {
    throw bindingMismatch(
      `The feature “${feature}” is bound to the input “${name}”, which takes ${dtype}; rows can fill ${fillable.join(', ')}.${dtype === 'string' ? ' Export the model as ONNX, which can take texts; or without the operators that turn text into ids, and give the texts as the feature’s `vocabulary` in the manifest.' : ''}`,
      { feature, input: name },
    );
  }
  if (shape.length === 0) {
    throw bindingMismatch(`The input “${name}” has no axis for the rows. Export the model with a batch axis.`, {
      input: name,
    });
  }
  return dtype as Tensor['dtype'];
}

/**
 * Every element of every input is filled by one feature: what none fills would silently be zero, and what two fill would have
 * the value of the last. Throws BINDING_MISMATCH naming input, slot and features.
 */
export function assertSlots(inputs: readonly TensorSpec[], features: readonly FeatureBinding[]): void {
  for (const { name: input, shape } of inputs) {
    const bound = features
      .flatMap((feature) => slotsOf(feature).map((slot) => ({ ...slot, feature })))
      .filter((slot) => slot.input === input)
      .sort((a, b) => a.index - b.index);
    const width = rowWidth(shape);
    // What reaches beyond the end is out of place, and not the slots that it leaves empty.
    const beyond = bound.find((slot) => width !== null && slot.index + slot.width > width);
    if (beyond !== undefined) throw tooFar(input, width as number, beyond.feature, beyond.index + beyond.width - 1);
    let next = 0;
    let last: FeatureBinding | undefined;
    for (const { index, width: taken, feature } of bound) {
      if (index > next) throw unbound(input, next, index, feature);
      if (index < next) throw boundTwice(input, index, last as FeatureBinding, feature);
      next = index + taken;
      last = feature;
    }
    if (next < (width ?? 1)) throw unbound(input, next, width ?? 1);
    rowDims({ name: input, shape }, next);
  }
}

/** `before`: the feature that comes next, which may be what is out of place. */
function unbound(input: string, from: number, to: number, before?: FeatureBinding) {
  const slots = to === from + 1 ? `slot ${from}` : `slots ${from} to ${to - 1}`;
  const next = before === undefined ? '' : ` before “${before.name}”, whose index is ${to}`;
  return bindingMismatch(`No feature fills ${slots} of the input “${input}”${next}. Bind every slot in the manifest.`, {
    input,
    index: from,
    ...(before && { feature: before.name }),
  });
}

function boundTwice(input: string, index: number, first: FeatureBinding, second: FeatureBinding) {
  return bindingMismatch(
    `The features “${first.name}” and “${second.name}” both fill slot ${index} of the input “${input}”. Give each an “index” of its own.`,
    { input, index, features: [first.name, second.name] },
  );
}

function tooFar(input: string, width: number, feature: FeatureBinding, end: number) {
  return bindingMismatch(
    `The feature “${feature.name}” reaches to slot ${end} of the input “${input}”, whose last is ${width - 1}. Mend its “index” or “length”.`,
    { feature: feature.name, input, index: end },
  );
}
