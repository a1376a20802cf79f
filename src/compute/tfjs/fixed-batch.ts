import { agree } from '../made-up.ts';
import { elementCount } from '../tensor.ts';
import { viewOf } from './graph-view.ts';
import { batchSizeOf } from './inputs.ts';
import { bytesOf } from './json.ts';
import { type GraphJson, inputsOf, type ModelJson, type NodeDef, nodeOf } from './model-json.ts';
import { opened } from './open.ts';
import type { Runtime } from './runtime/library.ts';
import { run } from './trial.ts';

/** A model and its weights, and how many rows it has to be given where its graph allows no other number. */
export interface Sized {
  readonly model: ModelJson;
  readonly weights: Uint8Array;
  readonly rowsPerRun?: number;
}

/** A graph model that was exported for batches of one size, for batches of any, where that gives the same. Layers take any. */
export async function withAnyBatchSize(tf: Runtime, model: ModelJson, weights: Uint8Array): Promise<Sized> {
  const rowCount = model.format === 'layers-model' ? undefined : batchSizeOf(viewOf(model));
  if (model.format === 'layers-model' || rowCount === undefined) return { model, weights };
  const rewritten = forAnyBatchSize(model, weights, rowCount);
  const isSame = await isSameModel(tf, { model, weights }, rewritten, rowCount).catch(() => false);
  return isSame ? rewritten : { model, weights, rowsPerRun: rowCount };
}

/** Inputs of any number of rows, and reshapes to as many. */
function forAnyBatchSize(model: GraphJson, weights: Uint8Array, rowCount: number): Sized & { model: GraphJson } {
  const view = viewOf(model);
  const open = (node: NodeDef): NodeDef => {
    const [, ...rest] = node.attr?.shape?.shape?.dim ?? [];
    return node.op === 'Placeholder'
      ? { ...node, attr: { ...node.attr, shape: { shape: { dim: [{ size: '-1' }, ...rest] } } } }
      : node;
  };
  const changed = Buffer.from(weights);
  let offset = 0;
  for (const weight of model.weightsManifest.flatMap((group) => group.weights)) {
    const { name, dtype, shape, quantization } = weight;
    const readers = view.readers.get(name) ?? [];
    const isTarget = readers.length > 0 && readers.every((node) => isReshapeTo(node, name));
    if (isTarget && dtype === 'int32' && quantization === undefined && elementCount(shape) > 0) {
      const sizes = Array.from({ length: elementCount(shape) }, (_, at) => changed.readInt32LE(offset + 4 * at));
      const isForRows = (sizes[0] ?? 0) > 0 && (sizes[0] ?? 0) % rowCount === 0 && !sizes.includes(-1);
      if (isForRows) changed.writeInt32LE(-1, offset);
    }
    offset += bytesOf(weight);
  }
  const { modelTopology } = model;
  return {
    model: { ...model, modelTopology: { ...modelTopology, node: modelTopology.node.map(open) } },
    weights: changed,
  };
}

const isReshapeTo = (node: NodeDef, sizes: string): boolean =>
  node.op === 'Reshape' && nodeOf(inputsOf(node)[1] ?? '') === sizes;

/** Whether both give rows the same. */
async function isSameModel(tf: Runtime, fixed: Sized, any: Sized, rowCount: number): Promise<boolean> {
  const [original, form] = [await opened(tf, fixed.model, fixed.weights), await opened(tf, any.model, any.weights)];
  const { outputs } = original.view;
  try {
    return await agree(
      (rows) => run(original, outputs, rows),
      (rows) => run(form, outputs, rows),
      outputs,
      rowCount,
    );
  } finally {
    original.executable.dispose();
    form.executable.dispose();
  }
}
