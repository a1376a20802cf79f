import type { LogitTensor } from '../../graph.ts';
import type { GraphView, Specs } from '../graph-view.ts';
import { inputsOf, nodeOf } from '../model-json.ts';
import { joins } from './families.ts';

/** They keep the elements of a row in their order. */
const transparent = new Set(
  'Identity Squeeze ExpandDims Reshape StopGradient Snapshot Flatten Linear Dropout'.split(' '),
);

/** Of every element of every output that is a sigmoid: the tensor before it, through concatenations too. */
export function findLogits(view: GraphView, specs: Specs): LogitTensor[] {
  return view.outputs.flatMap((output) =>
    Array.from({ length: rowWidth(specs, output) ?? 0 }, (_, index) => index).flatMap((index) => {
      const found = beforeSigmoid(view, specs, output, index);
      return found === undefined ? [] : [{ output, index, ...found }];
    }),
  );
}

function beforeSigmoid(
  view: GraphView,
  specs: Specs,
  name: string,
  index: number,
): { tensor: string; tensorIndex: number } | undefined {
  const node = view.byName.get(nodeOf(name));
  const inputs = node === undefined ? [] : inputsOf(node);
  if (node === undefined || inputs[0] === undefined) return undefined;
  if (node.op === 'Sigmoid') return { tensor: inputs[0], tensorIndex: index };
  if (transparent.has(node.op)) return beforeSigmoid(view, specs, inputs[0], index);
  if (!joins.has(node.op)) return undefined;
  let start = 0;
  // The last input of ConcatV2 is the axis.
  for (const part of node.op === 'ConcatV2' ? inputs.slice(0, -1) : inputs) {
    const width = rowWidth(specs, part);
    if (width === undefined) return undefined;
    if (index < start + width) return beforeSigmoid(view, specs, part, index - start);
    start += width;
  }
  return undefined;
}

/** Elements of a row; undefined where that is not static. */
function rowWidth(specs: Specs, name: string): number | undefined {
  const rest = specs.get(name)?.shape.slice(1);
  return rest === undefined || rest.includes(null)
    ? undefined
    : rest.reduce<number>((size, dim) => size * (dim ?? 1), 1);
}
