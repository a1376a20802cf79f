import { attributeNamed, readInt } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { Value } from '../gradients/value.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { Body } from './body.ts';
import type { Bags } from './segments.ts';

/**
 * What PyTorch's older exporter writes for EmbeddingBag: a Loop over bags that looks up the ids from one boundary to the next,
 * weighs the rows if there are weights, sums or averages them, and stacks the results. Undefined for every other Loop.
 */
export function stackedBags(graph: GraphBuilder, loop: NodeProto): Bags | undefined {
  const proto = attributeNamed(loop, 'body')?.g;
  if (proto === undefined || proto.input.length !== 2 || proto.output.length !== 2) return undefined;
  const body = new Body(graph, proto);
  const [goesOn, result] = proto.output.map(({ name }) => name);
  const reduction = body.made(result, 'ReduceSum') ?? body.made(result, 'ReduceMean');
  const product = body.made(reduction?.input[0], 'Mul');
  const lookup = body.made(product === undefined ? reduction?.input[0] : product.input[0], 'Gather');
  const ids = partOf(body, lookup?.input[1]);
  const weights = product && partOf(body, product.input[1]);
  const [table = ''] = lookup?.input ?? [];
  const isBag =
    reduction !== undefined &&
    body.reducesFirst(reduction, false) &&
    body.number(goesOn) === 1 &&
    ids !== undefined &&
    body.isOutside(table) &&
    (product === undefined || (weights?.starts === ids.starts && weights.ends === ids.ends)) &&
    runsOver(graph, loop, ids.ends);
  const boundaries = isBag ? boundariesOf(graph, ids.starts, ids.ends) : undefined;
  if (boundaries === undefined || ids === undefined) return undefined;
  const rows = new Value(graph, graph.uniqueName(`${loop.output[0]}/rows`));
  graph.assign(rows.name, graph.node('Gather', [table, ids.whole], { axis: 0 })[0] ?? '');
  const weighed = weights === undefined ? rows : rows.mul(rows.named(weights.whole).unsqueeze([1]));
  return { rows: weighed, boundaries: rows.named(boundaries), isMean: reduction?.opType === 'ReduceMean' };
}

/** Elements starts[i] … ends[i] − 1 of a whole, in round i: names of tensors outside of the loop. */
interface Part {
  readonly whole: string;
  readonly starts: string;
  readonly ends: string;
}

function partOf(body: Body, name: string | undefined): Part | undefined {
  const slice = body.made(body.plain(name), 'Slice');
  const [whole = '', start, end, axes] = slice?.input ?? [];
  const [starts, ends] = [start, end].map((bound) => {
    const gather = body.made(body.plain(bound), 'Gather');
    return gather?.input[1] === body.graph.input[0]?.name ? gather?.input[0] : undefined;
  });
  if (starts === undefined || ends === undefined || body.number(axes) !== 0 || slice?.input.length !== 4)
    return undefined;
  return [whole, starts, ends].every((each) => body.isOutside(each)) ? { whole, starts, ends } : undefined;
}

/** The tensor of which `starts` are all elements, or all but the last one, and `ends` all but the first one. */
function boundariesOf(graph: GraphBuilder, starts: string, ends: string): string | undefined {
  const from = sliceOf(graph, ends);
  const to = sliceOf(graph, starts);
  if (from === undefined || from.start !== 1 || from.end < 2 ** 31 - 1) return undefined;
  const isSame = starts === from.whole || (to?.whole === from.whole && to.start === 0 && to.end === -1);
  return isSame ? from.whole : undefined;
}

function sliceOf(graph: GraphBuilder, name: string): { whole: string; start: number; end: number } | undefined {
  const node = graph.producerOf(name);
  const [whole = '', ...rest] = node?.input ?? [];
  const [start, end, axis = 0, step = 1] = rest.map((each) => Number(graph.valueOf(each)?.data[0]));
  if (node?.opType !== 'Slice' || start === undefined || end === undefined || axis !== 0 || step !== 1)
    return undefined;
  return { whole, start, end };
}

/** Whether a loop has a round for each element of a list. */
function runsOver(graph: GraphBuilder, loop: NodeProto, list: string): boolean {
  const count = graph.producerOf(loop.input[0] ?? '');
  const sizes = graph.producerOf(count?.input[0] ?? '');
  const isFirst = count?.opType === 'Gather' && Number(graph.valueOf(count.input[1] ?? '')?.data[0]) === 0;
  const starts = loop.input[1] ?? '';
  const isStarted = starts === '' || Number(graph.valueOf(starts)?.data[0]) === 1;
  return isFirst && isStarted && sizes?.opType === 'Shape' && sizes.input[0] === list && !readInt(sizes, 'start');
}
