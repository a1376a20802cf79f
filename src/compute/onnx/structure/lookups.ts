import type { LookupGraph } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';
import { type Origin, Origins, type Row } from './origins.ts';

/** Every lookup of ids of an input in a table: a Gather of a weight whose indices come from the input. */
export function findLookups(
  view: GraphView,
  specs: ReadonlyMap<string, TensorSpec>,
  dependent: ReadonlySet<string>,
): LookupGraph[] {
  const origins = new Origins(view, specs);
  return view.nodes.flatMap((node) => {
    const [table = '', ids = ''] = node.input;
    const row = isLookup(node) && !dependent.has(table) ? origins.of(ids) : undefined;
    const shape = view.initializers.get(table)?.dims.map(Number) ?? specs.get(table)?.shape;
    const entryCount = shape?.[0];
    if (row === undefined || shape === undefined || typeof entryCount !== 'number') return [];
    const dimension = shape.slice(1).reduce<number>((product, dim) => product * (dim ?? 1), 1);
    return byInput(row).map(({ input, places }) => ({
      input,
      table,
      entryCount,
      dimension,
      carrier: node.output[0] as string,
      axis: row.dims.length === 0 ? null : axisOf(row) + 1,
      columns: places.map(({ origin }) => origin.column),
      positions: places.map(({ place }) => positionOf(row, place)),
      idCounts: places.map(({ origin }) => idCountOf(origin, entryCount)),
    }));
  });
}

const isLookup = (node: NodeProto): boolean => node.opType === 'Gather' && (readInt(node, 'axis') ?? 0) === 0;

interface Place {
  readonly origin: Origin;
  readonly place: number;
}

function byInput({ origins }: Row): { input: string; places: Place[] }[] {
  const found = new Map<string, Place[]>();
  origins.forEach((origin, place) => {
    if (origin !== undefined) found.set(origin.input, [...(found.get(origin.input) ?? []), { origin, place }]);
  });
  return [...found].map(([input, places]) => ({ input, places }));
}

/** The axis of a row along which its ids lie: the first that is longer than 1. */
const axisOf = ({ dims }: Row): number =>
  Math.max(
    0,
    dims.findIndex((dim) => dim > 1),
  );

function positionOf(row: Row, place: number): number {
  const inner = row.dims.slice(axisOf(row) + 1).reduce((product, dim) => product * dim, 1);
  return Math.floor(place / inner);
}

/** How many ids, from 0 on, fall into the table; null where the graph itself sees to it that all do. */
function idCountOf({ factor, offset, isBounded }: Origin, entryCount: number): number | null {
  if (isBounded || factor <= 0) return null;
  return Math.max(0, Math.floor((entryCount - 1 - offset) / factor) + 1);
}
