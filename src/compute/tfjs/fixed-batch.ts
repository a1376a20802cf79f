import { byRow, isClose, rowAxisOf } from '../made-up.ts';
import { elementCount } from '../tensor.ts';
import { viewOf } from './graph-view.ts';
import { batchSizeOf } from './inputs.ts';
import { bytesOf } from './json.ts';
import type { Runtime } from './library.ts';
import { type GraphJson, inputsOf, type ModelJson, type NodeDef, nodeOf } from './model-json.ts';
import { opened } from './open.ts';
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
  const isSame = await agree(tf, { model, weights }, rewritten, rowCount).catch(() => false);
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

/** Whether both give the same, to rounding, for two batches and a row more: the one all at once, the other batch after batch. */
async function agree(tf: Runtime, fixed: Sized, any: Sized, rowCount: number): Promise<boolean> {
  const [original, candidate] = [
    await opened(tf, fixed.model, fixed.weights),
    await opened(tf, any.model, any.weights),
  ];
  try {
    const { outputs } = original.view;
    const rows = range(2 * rowCount + 1);
    const together = run(candidate, outputs, rows);
    return [0, rowCount, 2 * rowCount].every((start) => {
      const own = rows.slice(start, start + rowCount);
      const apart = run(original, outputs, [...own, ...new Array<number>(rowCount - own.length).fill(0)]);
      return outputs.every((name) => {
        const axis = rowAxisOf(apart.get(name)?.dims ?? [], rowCount) ?? -1;
        const [expected, actual] = [byRow(apart, name, axis, rowCount), byRow(together, name, axis, rows.length)];
        return own.every((row, at) => isClose(expected?.[at] ?? [Number.NaN], actual?.[row] ?? []));
      });
    });
  } finally {
    original.executable.dispose();
    candidate.executable.dispose();
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
