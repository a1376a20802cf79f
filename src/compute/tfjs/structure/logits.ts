import type { LogitTensor } from '../../graph.ts';
import type { Specs } from '../graph-view.ts';
import { inputsOf, nodeOf } from '../model-json.ts';
import { names } from '../names.ts';
import type { Opened } from '../opened.ts';
import { chosenFrom, columnsChosen } from './columns.ts';

const joins = names('ConcatV2 Concatenate');

/** They keep the elements of a row in their order. */
const transparent = names('Identity Squeeze ExpandDims Reshape StopGradient Snapshot Flatten Linear Dropout');

/**
 * Of every element of every output that is a sigmoid, or a class of a softmax: the tensor before it, through concatenations and the choice
 * of columns too.
 */
export function findLogits(model: Opened, specs: Specs): LogitTensor[] {
  return model.view.outputs.flatMap((output) =>
    Array.from({ length: rowWidth(specs, output) ?? 0 }, (_, index) => index).flatMap((index) => {
      const found = before(model, specs, output, index);
      return found === undefined ? [] : [{ output, index, ...found }];
    }),
  );
}

type Found = Omit<LogitTensor, 'output' | 'index'>;

function before(model: Opened, specs: Specs, name: string, index: number): Found | undefined {
  const node = model.view.byName.get(nodeOf(name));
  const inputs = node === undefined ? [] : inputsOf(node);
  if (node === undefined || inputs[0] === undefined) return undefined;
  if (node.op === 'Sigmoid') return { tensor: inputs[0], tensorIndex: index };
  if (node.op === 'Softmax') return beforeSoftmax(specs, inputs[0], index);
  if (transparent.has(node.op)) return before(model, specs, inputs[0], index);
  const source = chosenFrom(model.view, specs, node);
  if (source !== undefined)
    return before(model, specs, source, columnsChosen(model, specs, source, name)[index] as number);
  if (!joins.has(node.op)) return undefined;
  let start = 0;
  // The last input of ConcatV2 is the axis.
  for (const part of node.op === 'ConcatV2' ? inputs.slice(0, -1) : inputs) {
    const width = rowWidth(specs, part);
    if (width === undefined) return undefined;
    if (index < start + width) return before(model, specs, part, index - start);
    start += width;
  }
  return undefined;
}

/** TensorFlow's softmax is over the last axis; Keras' may have another, where there are more than two. */
function beforeSoftmax(specs: Specs, tensor: string, index: number): Found | undefined {
  const shape = specs.get(tensor)?.shape ?? [];
  const count = shape.at(-1);
  if (shape.length !== 2 || typeof count !== 'number' || count < 2) return undefined;
  return { tensor, tensorIndex: index, classes: { start: 0, end: count } };
}

/** Elements of a row; undefined where that is not static. */
function rowWidth(specs: Specs, name: string): number | undefined {
  const rest = specs.get(name)?.shape.slice(1);
  return rest === undefined || rest.includes(null)
    ? undefined
    : rest.reduce<number>((size, dim) => size * (dim ?? 1), 1);
}
