import { attributeNamed, readInt } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { Value } from '../gradients/value.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { Body } from './body.ts';
import { type Part, reducedPart } from './reduced.ts';
import type { Bags } from './segments.ts';

/**
 * What PyTorch's newer exporter writes for EmbeddingBag: rows that are looked up and weighed beforehand, and a Loop that appends
 * the sum or the mean from one boundary to the next to a sequence, zeros where a bag is empty. Undefined for everything else.
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
  const part = insertion && partOf(body, index, insertion.input[1]);
  if (part === undefined || insertion?.input[0] !== sequence || insertion?.input.length !== 2) return undefined;
  const boundaries = boundariesOf(body, index, part);
  const isBag =
    boundaries !== undefined &&
    body.place(index, next) === 1 &&
    graph.producerOf(loop.input[2 + sequenceState] ?? '')?.opType === 'SequenceEmpty' &&
    Number(graph.valueOf(loop.input[2 + indexState] ?? '')?.data[0]) === 0 &&
    body.isOutside(part.whole) &&
    runsOver(graph, body, next, boundaries, part);
  if (!isBag) return undefined;
  return { rows: new Value(graph, part.whole), boundaries: new Value(graph, boundaries), isMean: part.isMean };
}

/** Zeros where start and end are equal, and elsewhere what is reduced between them. */
function partOf(body: Body, index: string, name: string | undefined): Part | undefined {
  const branch = body.made(name, 'If');
  const otherwise = branch && attributeNamed(branch, 'else_branch')?.g;
  const part = otherwise && reducedPart(body.inner(otherwise), index);
  const empty = body.made(branch?.input[0], 'Equal');
  return part !== undefined && empty?.input[0] === part.start && empty.input[1] === part.end ? part : undefined;
}

/** The tensor of which `start` is element i, and `end` element i + 1. */
function boundariesOf(body: Body, index: string, { start, end }: Part): string | undefined {
  const [first, second] = [start, end].map((name, offset) => {
    const slice = body.made(name, 'Slice');
    const places = slice?.input.slice(1).map((place) => body.place(index, place));
    return places?.length === 2 && places[0] === offset && places[1] === offset + 1 ? slice?.input[0] : undefined;
  });
  return first === second && first !== undefined && body.isOutside(first) ? first : undefined;
}

/**
 * Whether the loop goes on while its index is below the number of bags, with which a mean of the last bag is taken, too: that of the
 * offsets, and the boundaries are these and the number of ids; or of boundaries that have the last end already, less one.
 */
function runsOver(graph: GraphBuilder, body: Body, next: string | undefined, boundaries: string, part: Part): boolean {
  const less = body.made(body.graph.output[0]?.name, 'Less');
  const count = less?.input[1] ?? '';
  if (less?.input[0] !== next || (part.last !== undefined && part.last.count !== count)) return false;
  if (isSizeLessOne(graph, count, boundaries)) return true;
  const size = graph.producerOf(count);
  const all = graph.producerOf(boundaries);
  const [offsets, total = ''] = all?.opType === 'Concat' && all.input.length === 2 ? all.input : [];
  const isCounted = size?.opType === 'Size' && size.input[0] === offsets;
  return isCounted && (part.last === undefined || isLength(graph, total, part.last.ids));
}

function isSizeLessOne(graph: GraphBuilder, count: string, list: string): boolean {
  const difference = graph.producerOf(count);
  const size = graph.producerOf(difference?.input[0] ?? '');
  const one = graph.valueOf(difference?.input[1] ?? '')?.data;
  const isLess = difference?.opType === 'Sub' && one?.length === 1 && Number(one[0]) === 1;
  return isLess && size?.opType === 'Size' && size.input[0] === list;
}

/** Whether `total` is the length of a list, which may have been made one first. */
function isLength(graph: GraphBuilder, total: string, list: string): boolean {
  const shape = graph.producerOf(total);
  const counted = shape?.input[0] ?? '';
  const reshaped = graph.producerOf(counted);
  const source = reshaped?.opType === 'Reshape' ? reshaped.input[0] : counted;
  return shape?.opType === 'Shape' && source === list && graph.specOf(list)?.shape.length === 1;
}
