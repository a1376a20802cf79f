import { attributeNamed } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { Body } from './body.ts';

/** What is summed or averaged over axis 0 in one round: elements start … end − 1 of a whole. */
export interface Part {
  readonly whole: string;
  readonly start: string;
  readonly end: string;
  readonly isMean: boolean;
  /** How the mean of the last bag, which ends with the ids, is written: by their number, in the round before `count`. */
  readonly last?: { readonly ids: string; readonly count: string };
}

/** The sum, or the mean, that a body gives out, with axis 0 kept. */
export function reducedPart(body: Body, index: string): Part | undefined {
  const output = body.graph.output[0]?.name;
  const sum = body.made(output, 'ReduceSum');
  if (sum !== undefined) return partOf(body, sum);
  const branch = body.made(output, 'If');
  const [isLast, then] = [branch?.input[0], branch && attributeNamed(branch, 'then_branch')?.g];
  const otherwise = branch && attributeNamed(branch, 'else_branch')?.g;
  if (then === undefined || otherwise === undefined) return undefined;
  const inner = body.inner(otherwise);
  const mean = inner.made(otherwise.output[0]?.name, 'ReduceMean');
  const part = mean && partOf(inner, mean);
  const equal = body.made(isLast, 'Equal');
  const before = body.made(equal?.input[1], 'Sub');
  const ids = part && numberOfIds(body.inner(then), part, mean.input[0]);
  if (part === undefined || ids === undefined || equal?.input[0] !== index || body.number(before?.input[1]) !== 1)
    return undefined;
  return { ...part, isMean: true, last: { ids, count: before?.input[0] ?? '' } };
}

function partOf(body: Body, reduction: NodeProto): Part | undefined {
  const slice = body.made(reduction.input[0], 'Slice');
  const [whole, start, end, ...axes] = slice?.input ?? [];
  if (whole === undefined || start === undefined || end === undefined || axes.length > 0) return undefined;
  return body.reducesFirst(reduction, true) ? { whole, start, end, isMean: false } : undefined;
}

/** Of the list by whose length the sum of the last bag is divided, if there is anything in it. */
function numberOfIds(body: Body, { start }: Part, rows: string | undefined): string | undefined {
  const branch = body.made(body.graph.output[0]?.name, 'If');
  const then = branch && attributeNamed(branch, 'then_branch')?.g;
  if (then === undefined) return undefined;
  const inner = body.inner(then);
  const quotient = inner.made(then.output[0]?.name, 'Div');
  const sum = inner.made(quotient?.input[0], 'ReduceSum');
  const count = inner.made(inner.plain(quotient?.input[1]), 'Sub');
  const sizes = inner.made(count?.input[0], 'Shape');
  const isMean = sum?.input[0] === rows && sum !== undefined && inner.reducesFirst(sum, true);
  return isMean && count?.input[1] === start ? sizes?.input[0] : undefined;
}
