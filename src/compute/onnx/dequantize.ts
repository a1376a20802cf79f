import type { WeightTable } from '../executor.ts';
import { readInt } from './attributes.ts';
import type { NodeProto } from './proto/onnx_pb.js';
import type { GraphView } from './view.ts';

/** The node that turns what a lookup has read into the numbers that it stands for, where nothing else reads it. */
export function dequantizing(lookup: NodeProto, view: GraphView): NodeProto | undefined {
  const [reader, ...others] = view.consumers.get(lookup.output[0] ?? '') ?? [];
  return reader?.opType === 'DequantizeLinear' && others.length === 0 ? reader : undefined;
}

/** What whole numbers stand for, (q − zero) · scale: one pair for all of them, or one for each along an axis of the table. */
export interface Steps {
  readonly scales: Float32Array | Float64Array;
  /** As many, or none: then zero is 0. */
  readonly zeros: Float32Array | Float64Array;
  readonly along: 'entries' | 'elements';
}

/** Along which axis of a table, [entries, elements], the steps of a DequantizeLinear lie; undefined for blocks of both. */
export function axisOfSteps(node: NodeProto): Steps['along'] | undefined {
  if ((readInt(node, 'block_size') ?? 0) !== 0) return undefined;
  return readInt(node, 'axis') === 0 || readInt(node, 'axis') === -2 ? 'entries' : 'elements';
}

/** A table whose blocks are whole numbers, as the numbers that they stand for. */
export function dequantized(table: WeightTable, { scales, zeros, along }: Steps): WeightTable {
  const { dimension } = table;
  const placeOf = (entry: number, element: number): number =>
    scales.length === 1 ? 0 : along === 'entries' ? entry : element;
  return {
    ...table,
    async *blocks(first, end) {
      let entry = first;
      for await (const block of table.blocks(first, end)) {
        for (let at = 0; at < block.length; at++) {
          const place = placeOf(entry + Math.floor(at / dimension), at % dimension);
          block[at] = ((block[at] as number) - (zeros[place] ?? 0)) * (scales[place] as number);
        }
        entry += block.length / dimension;
        yield block;
      }
    },
  };
}
