import { attributeNamed, readInt } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { Value } from '../gradients/value.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { Body } from './body.ts';
import type { Bags } from './segments.ts';

/**
 * What PyTorch's newer exporter writes for the sums of EmbeddingBag: rows that are looked up and weighed beforehand, and a Loop
 * that appends the sum from one boundary to the next to a sequence, zeros where a bag is empty. Undefined for everything else.
 */
export function sequenceBags(graph: GraphBuilder, concat: NodeProto): Bags | undefined {
  const loop = graph.producerOf(concat.input[0] ?? '');
  const proto = loop && attributeNamed(loop, 'body')?.g;
  if (readInt(concat, 'axis') !== 0 || readInt(concat, 'new_axis')) return undefined;
  if (loop?.opType !== 'Loop' || proto?.input.length !== 4 || proto.output.length !== 3) return undefined;
  const body = new Body(graph, proto);
  // Of its two states one is the sequence, the other the index, in either order.
  const [sequenceState, indexState] = loop.output[0] === concat.input[0] ? [0, 1] : [1, 0];
  const [index = '', sequence] = [indexState, sequenceState].map((state) => proto.input[2 + state]?.name);
  const [next, sequences] = [indexState, sequenceState].map((state) => proto.output[1 + state]?.name);
  const insertion = body.made(sequences, 'SequenceInsert');
  const branch = body.made(insertion?.input[1], 'If');
  const otherwise = branch && attributeNamed(branch, 'else_branch')?.g;
  if (otherwise === undefined || insertion?.input[0] !== sequence || insertion?.input.length !== 2) return undefined;
  const inner = new Body(graph, otherwise, body);
  const sum = inner.made(otherwise.output[0]?.name, 'ReduceSum');
  const slice = inner.made(sum?.input[0], 'Slice');
  const [rows = '', start, end] = slice?.input ?? [];
  const empty = body.made(branch?.input[0], 'Equal');
  const boundaries = boundariesOf(body, index, start, end);
  const isBag =
    sum !== undefined &&
    inner.reducesFirst(sum, true) &&
    slice?.input.length === 3 &&
    empty?.input[0] === start &&
    empty?.input[1] === end &&
    placeOf(body, index, next) === 1 &&
    graph.producerOf(loop.input[2 + sequenceState] ?? '')?.opType === 'SequenceEmpty' &&
    Number(graph.valueOf(loop.input[2 + indexState] ?? '')?.data[0]) === 0 &&
    body.isOutside(rows);
  if (!isBag || boundaries === undefined || !runsOver(graph, body, next, boundaries)) return undefined;
  return { rows: new Value(graph, rows), boundaries: new Value(graph, boundaries), isMean: false };
}

/** k where a tensor is the loop's index + k. */
function placeOf(body: Body, index: string, name: string | undefined): number | undefined {
  const source = body.plain(name);
  if (source === index) return 0;
  const sum = body.made(source, 'Add');
  const [place, step] = [sum && placeOf(body, index, sum.input[0]), sum && body.number(sum.input[1])];
  return place === undefined || step === undefined ? undefined : place + step;
}

/** The tensor of which `start` is element i, and `end` element i + 1. */
function boundariesOf(body: Body, index: string, start?: string, end?: string): string | undefined {
  const [first, second] = [start, end].map((name, offset) => {
    const slice = body.made(name, 'Slice');
    const places = slice?.input.slice(1).map((place) => placeOf(body, index, place));
    return places?.length === 2 && places[0] === offset && places[1] === offset + 1 ? slice?.input[0] : undefined;
  });
  return first === second && first !== undefined && body.isOutside(first) ? first : undefined;
}

/** Whether the loop goes on while its index is below the number of bags: of all boundaries, there is one more than offsets. */
function runsOver(graph: GraphBuilder, body: Body, next: string | undefined, boundaries: string): boolean {
  const goesOn = body.graph.output[0]?.name;
  const less = body.made(goesOn, 'Less');
  const count = graph.producerOf(plainSource(graph, less?.input[1] ?? ''));
  const all = graph.producerOf(boundaries);
  return (
    less?.input[0] === next &&
    count?.opType === 'Size' &&
    all?.opType === 'Concat' &&
    all.input.length === 2 &&
    all.input[0] === count.input[0]
  );
}

function plainSource(graph: GraphBuilder, name: string): string {
  const node = graph.producerOf(name);
  return node?.opType === 'Identity' ? plainSource(graph, node.input[0] ?? '') : name;
}
