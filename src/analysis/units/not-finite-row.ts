import { abs, cast, less, reshape, scalar, slice } from '../../compute/program.ts';
import type { Analysis } from '../analysis.ts';
import { isOfElements } from './row-axis.ts';
import type { UnitSpec } from './top-examples.ts';
import { layerOf, observations } from './units.ts';

/** Row index in the dataset; null where it is finite on every row, or where the layer has rows and elements on one axis. */
export interface NotFiniteRow {
  readonly row: number | null;
}

/** The first row on which a unit is infinite or NaN: asked where a figure over all rows is. */
export const notFiniteRow: Analysis<UnitSpec, NotFiniteRow, NotFiniteRow> = {
  kind: 'fold',
  name: 'notFiniteRow',
  version: 1,
  start: () => ({ row: null }),
  program(spec, subject) {
    const layer = layerOf(spec, subject);
    if (isOfElements(layer, subject)) return { outputs: {} };
    const values = slice(observations(layer), 1, spec.unit, spec.unit + 1);
    const finite = cast(less(abs(values), scalar(Number.POSITIVE_INFINITY)), 'float32');
    return { outputs: { finite: reshape(finite, [-1]) } };
  },
  fold({ row }, outputs, { index, rowCount }) {
    const finite = (outputs.finite?.data ?? new Float32Array()) as Float32Array;
    const found = finite.indexOf(0);
    if (row !== null || found < 0) return { row };
    return { row: index[Math.floor((found * rowCount) / finite.length)] as number };
  },
  merge: (a, b) => (a.row === null || (b.row !== null && b.row < a.row) ? b : a),
  finish: (state) => state,
};
