import { join } from 'node:path';
import { unsupportedByExecutor } from '../../errors.ts';
import type { ModelArtifact, WeightTable } from '../executor.ts';
import { storedFloats } from '../files/floats.ts';
import { openStoredTable } from '../files/table.ts';
import { folderOf, readArtifact, weightsFileName } from './artifact.ts';
import type { TensorProto } from './proto/onnx_pb.js';
import { dtypeOf, isExternal, rawBytesOf } from './tensors.ts';
import { type GraphView, viewOf } from './view.ts';

/** A table from the artifact's weights file, or from its graph file where it is small. */
export async function openTable(artifact: ModelArtifact, home: string, name: string): Promise<WeightTable> {
  const { folder, model } = await readArtifact(folderOf(artifact, home));
  const weight = weightBehind(viewOf(model), name);
  const floats = storedFloats[dtypeOf(weight.dataType) ?? ''];
  if (floats === undefined)
    throw unsupportedByExecutor(`The table “${name}” holds no floating-point numbers: its entries are not read.`, {
      table: name,
    });
  const entry = (key: string) => Number(weight.externalData.find((one) => one.key === key)?.value ?? 0);
  const source = isExternal(weight)
    ? { path: join(folder, weightsFileName), offset: entry('offset') }
    : rawBytesOf(weight);
  return openStoredTable({ source, dims: weight.dims.map(Number), floats });
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
