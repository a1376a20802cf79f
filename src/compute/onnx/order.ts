import type { NodeProto } from './proto/onnx_pb.js';
import { captures } from './view.ts';

/** The nodes with every producer before its consumers, as they are if they are so already; undefined when they go in a circle. */
export function inOrder(nodes: readonly NodeProto[]): readonly NodeProto[] | undefined {
  const producer = new Map<string, number>();
  for (const [index, node] of nodes.entries())
    for (const output of node.output) if (output !== '') producer.set(output, index);
  const readers: number[][] = nodes.map(() => []);
  const waiting = new Uint32Array(nodes.length);
  let sorted = true;
  for (const [index, node] of nodes.entries()) {
    for (const input of new Set([...node.input, ...captures(node)])) {
      const made = producer.get(input);
      if (made === undefined) continue;
      readers[made]?.push(index);
      waiting[index] = (waiting[index] ?? 0) + 1;
      sorted &&= made < index;
    }
  }
  if (sorted) return nodes;
  const order = [...nodes.keys()].filter((index) => waiting[index] === 0);
  for (const index of order)
    for (const reader of readers[index] ?? []) {
      const left = (waiting[reader] ?? 0) - 1;
      waiting[reader] = left;
      if (left === 0) order.push(reader);
    }
  return order.length === nodes.length ? order.flatMap((index) => nodes[index] ?? []) : undefined;
}
