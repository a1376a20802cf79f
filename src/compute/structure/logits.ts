import type { LogitTensor } from '../graph.ts';
import type { TensorSpec } from '../tensor.ts';
import type { Step, StepGraph } from './steps.ts';

type Found = Omit<LogitTensor, 'output' | 'index'>;

/**
 * Of every element of every output that is a sigmoid, or a class of a softmax: the tensor before it, through concatenations and the choice
 * of columns too. A product of sigmoids has no logit tensor, and is not in the list.
 */
export function findLogits(graph: StepGraph): LogitTensor[] {
  const producers = new Map(graph.steps.flatMap((step) => step.outputs.map((name) => [name, step] as const)));
  const before = (name: string, index: number): Found | undefined => {
    const step = producers.get(name);
    const [first = ''] = step?.reads ?? [];
    if (step === undefined) return undefined;
    if (step.operator === 'Sigmoid') return graph.specs.has(first) ? { tensor: first, tensorIndex: index } : undefined;
    if (step.operator === 'Softmax') return beforeSoftmax(step, index, graph);
    if (step.role === 'RESHAPE') return before(first, index);
    const place = step.role === 'JOIN' ? partOf(step, index, graph) : chosenOf(step, name, index, graph);
    return place && before(...place);
  };
  return graph.outputs.flatMap((output) =>
    Array.from({ length: rowWidth(graph.specs.get(output)) ?? 0 }, (_, index) => index).flatMap((index) => {
      const found = before(output, index);
      return found === undefined ? [] : [{ output, index, ...found }];
    }),
  );
}

/** Of a softmax over the last axis, whatever is before it: its classes lie side by side. */
function beforeSoftmax({ reads, axes }: Step, index: number, { specs }: StepGraph): Found | undefined {
  const [tensor = ''] = reads;
  const [axis] = axes ?? [];
  const shape = specs.get(tensor)?.shape ?? [];
  const count = shape.at(-1);
  if (shape.length < 2 || typeof count !== 'number' || count < 2) return undefined;
  if (axis !== -1 && axis !== shape.length - 1) return undefined;
  const start = index - (index % count);
  return { tensor, tensorIndex: index, classes: { start, end: start + count } };
}

type Place = readonly [tensor: string, index: number];

/** Where in a row of which part an element of a row of a join is. Parts with one element lie side by side on whatever axis. */
function partOf({ reads, outputs: [output] }: Step, index: number, { specs }: StepGraph): Place | undefined {
  const [first = ''] = reads;
  const width = rowWidth(specs.get(output));
  if (reads.length === 1) return [first, index];
  if (width === reads.length && reads.every((name) => rowWidth(specs.get(name)) === 1)) return [reads[index] ?? '', 0];
  const whole = specs.get(output)?.shape ?? [];
  const parts = reads.map((name) => ({ name, shape: specs.get(name)?.shape ?? [] }));
  // The one axis on which the whole is longer than its parts.
  const axis = whole.findIndex((size, at) => at > 0 && size !== parts[0]?.shape[at]);
  if (axis < 0 || parts.some(({ shape }) => shape.length !== whole.length)) return undefined;
  const inner = sizeOf(whole.slice(axis + 1));
  const outer = Math.floor(index / (inner * (whole[axis] ?? 1)));
  let place = Math.floor(index / inner) % (whole[axis] ?? 1);
  for (const { name, shape } of parts) {
    const length = shape[axis] ?? 0;
    if (place < length) return [name, (outer * length + place) * inner + (index % inner)];
    place -= length;
  }
  return undefined;
}

/** The column that an element was chosen for. */
function chosenOf(step: Step, output: string, index: number, graph: StepGraph): Place | undefined {
  if (step.chosenFrom === undefined) return undefined;
  const column = graph.columnsChosen(step, output)?.[index];
  return column === undefined ? undefined : [step.chosenFrom, column];
}

/** Elements of a row; undefined where that is not static. A vector [rows] has one. */
function rowWidth(spec: TensorSpec | undefined): number | undefined {
  const rest = spec?.shape.slice(1);
  return rest === undefined || rest.includes(null) ? undefined : sizeOf(rest);
}

const sizeOf = (shape: TensorSpec['shape']): number =>
  shape.reduce<number>((product, size) => product * (size ?? 1), 1);
