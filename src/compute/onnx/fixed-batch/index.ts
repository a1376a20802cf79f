import { modelRejected } from '../../../errors.ts';
import { using } from '../../../using.ts';
import { agree, followsRows, rowAxisOf } from '../../made-up.ts';
import { exportAnew, placesCount } from '../../runs.ts';
import type { TensorSpec } from '../../tensor.ts';
import type { ModelProto } from '../proto/onnx_pb.js';
import { rowDependent } from '../reach.ts';
import { oldestOpset as oldestOpsetOfRuns } from '../runs/index.ts';
import type { SessionSettings } from '../sessions/runtime.ts';
import { hasSizesOfValues } from '../shapes/sizes.ts';
import { inferredSpecs, inputSpecs } from '../shapes/specs.ts';
import { viewOf } from '../view.ts';
import { hiddenBatchSize } from './hidden-size.ts';
import { forAnyBatchSize, openInputs, withInputs } from './rewrite.ts';
import { Trial } from './trial.ts';

/**
 * A model that was exported for batches of one size, for batches of any. Where its graph does not allow it, `rowsPerRun` says how many rows
 * it has to be given. `textList`: an input that has no rows. Expects a normalized model.
 */
export async function withAnyBatchSize(
  model: ModelProto,
  textList: string | undefined,
  settings: SessionSettings,
): Promise<{ model: ModelProto; rowsPerRun?: number }> {
  const inputs = viewOf(model)
    .inputs.map(({ name }) => name)
    .filter((name) => name !== textList);
  const declared = batchSizeOf(model, inputs);
  const fed = inputSpecs(model).filter(({ name }) => inputs.includes(name));
  const rowCount = declared ?? (await hiddenBatchSize(model, fed, settings).catch(() => undefined));
  if (rowCount === undefined) return { model };
  const sized = withInputs(
    model,
    fed.map((spec) => ({ ...spec, shape: spec.shape.with(0, rowCount) })),
  );
  const specs = specsByName(await measured(sized, await inferredSpecs(sized, settings), inputs, rowCount, settings));
  const rewritten = forAnyBatchSize(sized, inputs, specs, rowCount);
  const isSame = await isSameModel(sized, rewritten, fed, rowCount, settings).catch(() => false);
  if (isSame) return { model: rewritten };
  const { opset } = viewOf(model);
  if (opset < oldestOpsetOfRuns)
    throw modelRejected(
      `The model was exported for batches of ${rowCount}, and its graph does not allow another number of rows. ${exportAnew} Or export it with opset ${oldestOpsetOfRuns} or later: then it is run ${rowCount} rows at a time.`,
      { rowCount, opset },
    );
  return { model: sized, rowsPerRun: rowCount };
}

/**
 * The same model, whose inputs say that they take any number of rows, and its tensors with the axis of the rows open: found by where rows
 * are on the way, and by running them in another order. Throws MODEL_REJECTED where an output does not follow.
 */
export async function openedRows(
  model: ModelProto,
  tensors: readonly TensorSpec[],
  textList: string | undefined,
  rowCount: number,
  settings: SessionSettings,
): Promise<{ model: ModelProto; tensors: TensorSpec[] }> {
  const view = viewOf(model);
  const inputs = view.inputs.map(({ name }) => name).filter((name) => name !== textList);
  const dependent = rowDependent(view);
  const axes = new Map(
    tensors.flatMap(({ name, dtype, shape }): [string, number][] => {
      const axis =
        dependent.has(name) && isStatic(shape) && dtype !== 'string' ? rowAxisOf(shape, rowCount) : undefined;
      return axis === undefined ? [] : [[name, inputs.includes(name) ? 0 : axis]];
    }),
  );
  const right = await following(model, inputs, specsByName(tensors), axes, rowCount, settings).catch(() => axes);
  const lost = view.outputs.find(({ name }) => axes.has(name) && !right.has(name));
  if (lost !== undefined) throw placesCount(lost.name, rowCount);
  const opened = tensors.map((spec) => {
    const axis = right.get(spec.name);
    return axis === undefined ? spec : { ...spec, shape: spec.shape.with(axis, null) };
  });
  return { model: withInputs(model, openInputs(inputs, specsByName(tensors))), tensors: opened };
}

/** The size of the first axis that all inputs have; undefined where it is open, or not one for all. */
function batchSizeOf(model: ModelProto, inputs: readonly string[]): number | undefined {
  const sizes = viewOf(model)
    .inputs.filter(({ name }) => inputs.includes(name))
    .map(({ type }) => (type?.value.case === 'tensorType' ? type.value.value.shape?.dim[0]?.value : undefined));
  const [first] = sizes;
  if (first?.case !== 'dimValue' || first.value < 1n) return undefined;
  return sizes.every((size) => size?.case === 'dimValue' && size.value === first.value)
    ? Number(first.value)
    : undefined;
}

/** With the sizes that inference leaves open as a run of so many rows has them; as they are where it does not run. */
async function measured(
  model: ModelProto,
  specs: readonly TensorSpec[],
  inputs: readonly string[],
  rowCount: number,
  settings: SessionSettings,
): Promise<readonly TensorSpec[]> {
  const open = specs.filter(({ shape, dtype }) => !isStatic(shape) && dtype !== 'string').map(({ name }) => name);
  if (open.length === 0 || hasSizesOfValues(model)) return specs;
  try {
    const fed = specs.filter(({ name }) => inputs.includes(name));
    const opened = await Trial.open(model, fed, open, { ...settings, unoptimized: true });
    const found = await using(opened, (trial) => trial.run(range(rowCount)));
    return specs.map((spec) => ({ ...spec, shape: [...(found.get(spec.name)?.dims ?? spec.shape)] }));
  } catch {
    return specs;
  }
}

/** Whether both give rows the same. */
async function isSameModel(
  model: ModelProto,
  rewritten: ModelProto,
  fed: readonly TensorSpec[],
  rowCount: number,
  settings: SessionSettings,
): Promise<boolean> {
  if (hasSizesOfValues(model)) return false;
  const outputs = viewOf(model).outputs.map(({ name }) => name);
  return using(await Trial.open(model, fed, outputs, settings), async (original) =>
    using(await Trial.open(rewritten, fed, outputs, settings), (form) =>
      agree(
        (rows) => original.run(rows),
        (rows) => form.run(rows),
        outputs,
        rowCount,
      ),
    ),
  );
}

/** Of tensors with the axes that their rows might be on, those where they are: what is fed in another order comes in that order. */
async function following(
  model: ModelProto,
  inputs: readonly string[],
  specs: ReadonlyMap<string, TensorSpec>,
  axes: ReadonlyMap<string, number>,
  rowCount: number,
  settings: SessionSettings,
): Promise<ReadonlyMap<string, number>> {
  if (rowCount === 1 || hasSizesOfValues(model)) return axes;
  const inner = [...axes.keys()].filter((name) => !inputs.includes(name));
  const fed = inputs.flatMap((name) => specs.get(name) ?? []);
  const rows = range(rowCount);
  const opened = await Trial.open(model, fed, inner, { ...settings, unoptimized: true });
  const [forward, backward] = await using(
    opened,
    async (trial) => [await trial.run(rows), await trial.run(rows.toReversed())] as const,
  );
  return new Map(
    [...axes].filter(([name, axis]) => inputs.includes(name) || followsRows(forward, backward, name, axis, rowCount)),
  );
}

const specsByName = (specs: readonly TensorSpec[]): Map<string, TensorSpec> =>
  new Map(specs.map((spec) => [spec.name, spec]));

const isStatic = (shape: readonly (number | null)[]): shape is number[] => shape.every((size) => size !== null);

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
