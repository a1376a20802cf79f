import type { LayerGraph } from '../../compute/graph.ts';
import {
  and,
  constant,
  type Expression,
  gather,
  mul,
  parameter,
  reshape,
  scalar,
  tensor,
  where,
} from '../../compute/program.ts';
import { int64, type Tensor } from '../../compute/tensor.ts';
import { unsupportedByExecutor } from '../../errors.ts';
import type { Subject, Values } from '../analysis.ts';
import { isOfElements } from '../units/row-axis.ts';
import { layerOf } from '../units/units.ts';
import type { SettledUnits } from './settled.ts';

/*
 * Units that are shuffled have what the model as it is gives on another row. So the other rows are run beside the batch, as copies of it:
 * the first is the batch, in which everything is changed; the others, one for every shuffle, are other rows, in which nothing is.
 */

/** The outputs of the layers, changed. `sources`: of every shuffle by its other rows, the copy that has them; the batch is copy 0. */
export function overridesOf(
  all: readonly SettledUnits[],
  subject: Subject,
  sources: ReadonlyMap<number, number>,
): Record<string, Expression> {
  const overrides: Record<string, Expression> = {};
  for (const one of all) {
    const layer = layerOf(one, subject);
    assertReplaceable(layer, subject, sources.size > 0);
    overrides[layer.name] = changed(overrides[layer.name] ?? tensor(layer.name), one, layer, sources);
  }
  return overrides;
}

function changed(
  value: Expression,
  { units, by }: SettledUnits,
  layer: LayerGraph,
  sources: ReadonlyMap<number, number>,
): Expression {
  const isChanged = constant(alongUnits(layer, 'bool', Uint8Array.from(flags(units, layer.units))));
  const places = sources.size === 0 ? isChanged : and(isChanged, isOwnRow(layer));
  switch (by.kind) {
    case 'VALUES':
      return where(places, constant(alongUnits(layer, 'float32', by.values)), value);
    case 'FACTOR':
      return where(places, mul(value, scalar(by.factor)), value);
    case 'OTHER_ROWS': {
      const rows = parameter(rowsOfCopy(sources.get(by.other) as number), 'int64', [null]);
      return where(places, gather(tensor(layer.name), rows, rowAxis(layer)), value);
    }
  }
}

const flags = (units: readonly number[], count: number): number[] => {
  const chosen = new Set(units);
  return Array.from({ length: count }, (_, unit) => Number(chosen.has(unit)));
};

/** Of every unit, in a shape that broadcasts to the layer's output. */
function alongUnits({ output, unitAxis, units }: LayerGraph, dtype: Tensor['dtype'], data: Tensor['data']): Tensor {
  const dims = output.shape.map((_, axis) => (axis === unitAxis && output.shape.length > 1 ? units : 1));
  return { dtype, dims, data };
}

/** Where the rows of the batch are, and not those of other copies; of a shape that broadcasts to the layer's output. */
const isOwnRow = (layer: LayerGraph): Expression =>
  reshape(
    parameter('ownRows', 'bool', [null]),
    layer.output.shape.map((_, axis) => (axis === rowAxis(layer) ? -1 : 1)),
  );

const rowAxis = ({ output }: LayerGraph): number => output.shape.indexOf(null);
const rowsOfCopy = (copy: number): string => `rowsOfCopy/${copy}`;

/** The parameters of `overridesOf`, for a batch of so many rows. */
export function copiedRows(sources: ReadonlyMap<number, number>, rowCount: number): Values {
  if (sources.size === 0) return {};
  const count = (sources.size + 1) * rowCount;
  const all = Array.from({ length: count }, (_, row) => row);
  const rowsOf = (copy: number): Tensor =>
    int64(
      [count],
      all.map((row) => (row < rowCount ? copy * rowCount + row : row)),
    );
  return {
    ownRows: { dtype: 'bool', dims: [count], data: Uint8Array.from(all, (row) => Number(row < rowCount)) },
    ...Object.fromEntries([...sources.values()].map((copy) => [rowsOfCopy(copy), rowsOf(copy)])),
  };
}

/** Throws UNSUPPORTED_BY_EXECUTOR for a layer whose outputs cannot be replaced; `byRow`: on some rows of a run and not on others. */
function assertReplaceable(layer: LayerGraph, subject: Subject, byRow: boolean): void {
  const { name, output } = layer;
  if (!output.dtype.startsWith('float') && output.dtype !== 'bfloat16')
    throw unsupportedByExecutor(
      `The layer “${name}” gives ${output.dtype}, which cannot take every value. Intervene on another layer, one of floating-point numbers.`,
      { layer: name },
    );
  if (byRow && (isOfElements(layer, subject) || rowAxis(layer) < 0))
    throw unsupportedByExecutor(
      `What the layer “${name}” gives does not go by rows, so that nothing of it can be taken from another row, or be changed while other neurons are shuffled. Choose another mode, or a layer after it.`,
      { layer: name },
    );
}
