import { join } from 'node:path';
import { type GlassgraphError, unsupportedByExecutor } from '../../errors.ts';
import type { ModelArtifact, WeightTable } from '../executor.ts';
import { type StoredFloats, storedFloats, storedIntegers } from '../files/floats.ts';
import { openStoredTable } from '../files/table.ts';
import { folderOf, readArtifact, weightsFileName } from './artifact.ts';
import { axisOfSteps, dequantized, dequantizing, type Steps } from './dequantize.ts';
import type { NodeProto, TensorProto } from './proto/onnx_pb.js';
import { dtypeOf, isExternal, rawBytesOf } from './tensors.ts';
import { type GraphView, viewOf } from './view.ts';

/** A table from the artifact's weights file, or from its graph file where it is small. */
export async function openTable(artifact: ModelArtifact, home: string, name: string): Promise<WeightTable> {
  const { folder, model } = await readArtifact(folderOf(artifact, home));
  const view = viewOf(model);
  const producer = view.producers.get(name);
  if (producer?.opType === 'DequantizeLinear') return quantizedTable(folder, view, producer.input[0] ?? '', producer);
  const weight = weightBehind(view, name);
  const floats = storedFloats[dtypeOf(weight.dataType) ?? ''];
  if (floats !== undefined) return stored(folder, weight, floats);
  const readers = view.consumers.get(name) ?? [];
  const steps = new Set(readers.map((lookup) => dequantizing(lookup, view)));
  const [first] = steps;
  const isOne = [...steps].every((other) => String(other?.input.slice(1)) === String(first?.input.slice(1)));
  if (first === undefined || !isOne) throw notRead(name, 'holds no floating-point numbers');
  return quantizedTable(folder, view, name, first);
}

function stored(folder: string, weight: TensorProto, floats: StoredFloats): Promise<WeightTable> {
  const entry = (key: string) => Number(weight.externalData.find((one) => one.key === key)?.value ?? 0);
  const source = isExternal(weight)
    ? { path: join(folder, weightsFileName), offset: entry('offset') }
    : rawBytesOf(weight);
  return openStoredTable({ source, dims: weight.dims.map(Number), floats });
}

/** `node` dequantizes the whole table, or what is looked up in it: then all of it has the same step. */
async function quantizedTable(folder: string, view: GraphView, name: string, node: NodeProto): Promise<WeightTable> {
  const [weight, scale, zero] = [name, node.input[1], node.input[2]].map((each) => view.initializers.get(each ?? ''));
  const integers = storedIntegers[dtypeOf(weight?.dataType ?? 0) ?? ''];
  const along = axisOfSteps(node);
  if (weight === undefined || integers === undefined || scale === undefined || along === undefined)
    throw notRead(name, 'is dequantized in a way that is not known');
  const scales = await allOf(folder, scale);
  const isWhole = node.input[0] === name && weight.dims.length === 2;
  const steps = Number(weight.dims[along === 'entries' ? 0 : 1]);
  if (scales.length !== 1 && !(isWhole && scales.length === steps))
    throw notRead(name, `has ${scales.length} steps that are not those of its entries or their elements`);
  const zeros = zero === undefined ? new Float32Array() : await allOf(folder, zero);
  return dequantized(await stored(folder, weight, integers), { scales, zeros, along });
}

/** The numbers of a weight with one axis, or none. */
async function allOf(folder: string, weight: TensorProto): Promise<Steps['scales']> {
  const dtype = dtypeOf(weight.dataType) ?? '';
  const floats = storedFloats[dtype] ?? storedIntegers[dtype];
  if (floats === undefined) throw notRead(weight.name, `holds ${dtype}`);
  const table = await stored(folder, { ...weight, dims: [BigInt(weight.dims[0] ?? 1n)] }, floats);
  const values = new Float64Array(table.entryCount);
  let at = 0;
  try {
    for await (const block of table.blocks(0, table.entryCount)) {
      values.set(block, at);
      at += block.length;
    }
  } finally {
    await table.close();
  }
  return values;
}

/** Shared weights are read through an Identity, and halved ones through a Cast. */
function weightBehind(view: GraphView, name: string): TensorProto {
  const weight = view.initializers.get(name);
  if (weight !== undefined) return weight;
  const node = view.producers.get(name);
  if (node?.opType === 'Identity' || node?.opType === 'Cast') return weightBehind(view, node.input[0] ?? '');
  throw unsupportedByExecutor(
    `The table “${name}” is no weight: the operator ${node?.opType ?? '?'} computes it. Export the model with the table as a weight.`,
    { table: name, operator: node?.opType },
  );
}

const notRead = (table: string, why: string): GlassgraphError =>
  unsupportedByExecutor(`The table “${table}” ${why}: its entries are not read.`, { table });
