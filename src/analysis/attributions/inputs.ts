import { takesTexts } from '../../compute/graph.ts';
import {
  constant,
  type Expression,
  greater,
  type Program,
  parameter,
  programType,
  reshape,
  scalar,
  tensor,
  where,
} from '../../compute/program.ts';
import { type DType, int64, type Tensor } from '../../compute/tensor.ts';
import { type FeatureBinding, widthOf } from '../../data/manifest.ts';
import { type Encoded, numbersIn } from '../../data/numbered-texts.ts';
import { rowDims } from '../../data/slots.ts';
import type { Batch } from '../../data/types.ts';
import type { Subject, Values } from '../analysis.ts';
import { assertNoBags } from './bags.ts';
import { repeated, rowsAtOnce } from './copies.ts';
import { atPlaces, type ByFeature } from './positions.ts';

/**
 * Inputs of copies of a batch that hold, feature by feature, the row's own value (position 1) or another one (0). Ids are changed
 * before they are looked up, so that whatever the model makes of them follows. Where a sequence is filled up it stays as it is.
 * `other`: of an input, [1, …] or [count · rows, …].
 */
export function replacedInputs(
  count: number,
  positions: ByFeature,
  subject: Subject,
  other: (input: string) => Expression,
): Pick<Program, 'overrides' | 'rowsAtOnce'> {
  assertNoBags(subject, 'permutation and no baseline of values', 'for FEATURE_ABLATION from ZERO or MEAN');
  const repeatedInput = (name: string): Expression => repeated(tensor(name), count);
  const overrides = Object.fromEntries(
    subject.graph.inputs.map(({ name }) => {
      const { dims, places } = placesOf(name, subject);
      // Within its own override an input is that of one copy.
      const ids = (input: string): Expression => (input === name ? repeatedInput(input) : tensor(input));
      const held = places.map((at, place) =>
        at < 0 ? undefined : { at, element: place - (subject.features[at]?.index ?? 0) },
      );
      const isOwn = greater(atPlaces(positions, 1, held, subject, ids), scalar(0.5));
      const flat = (value: Expression): Expression => reshape(value, [-1, places.length]);
      return [name, reshape(where(isOwn, flat(repeatedInput(name)), flat(other(name))), [-1, ...dims])];
    }),
  );
  const widths = subject.graph.inputs.map(({ name }) => placesOf(name, subject).places.length);
  return { overrides, rowsAtOnce: rowsAtOnce(count, widths) };
}

/** One row of an input, of a type that programs know. Of texts it is a parameter (`textRows`): batches number texts each in its own way. */
export function rowOf(name: string, values: readonly Encoded[], subject: Subject): Expression {
  const { dims } = placesOf(name, subject);
  if (takesTexts(subject.graph, name)) return parameter(textRow(name), 'int64', [1, ...dims]);
  const dtype = subject.graph.inputs.find((input) => input.name === name)?.dtype;
  return constant(programTensor([1, ...dims], values as readonly number[], dtype));
}

const textRow = (input: string): string => `texts/${input}`;

/** The parameters of `rowOf` for every input of texts. */
export const textRows = (
  inputs: Readonly<Record<string, readonly Encoded[]>>,
  subject: Subject,
  { texts }: Pick<Batch, 'texts'>,
): Values =>
  Object.fromEntries(
    (subject.graph.texts?.inputs ?? []).map((name) => [
      textRow(name),
      int64([1, ...placesOf(name, subject).dims], numbersIn(inputs[name] ?? [], texts)),
    ]),
  );

export function programTensor(
  dims: readonly number[],
  values: ArrayLike<number | bigint>,
  dtype: DType = 'float32',
): Tensor {
  switch (programType(dtype)) {
    case 'float32':
      return {
        dtype: 'float32',
        dims,
        data: values instanceof Float32Array ? values : Float32Array.from(values, Number),
      };
    case 'int64':
      return {
        dtype: 'int64',
        dims,
        data: values instanceof BigInt64Array ? values : BigInt64Array.from(values, (value) => BigInt(value)),
      };
    case 'bool':
      return { dtype: 'bool', dims, data: Uint8Array.from(values, Number) };
  }
}

/** The feature of every element of an input's rows, and their shape. */
export function placesOf(name: string, { graph, features }: Subject): { dims: number[]; places: number[] } {
  const own = features.flatMap((feature, at): [FeatureBinding, number][] =>
    feature.input === name ? [[feature, at]] : [],
  );
  const width = Math.max(0, ...own.map(([feature]) => feature.index + widthOf(feature)));
  const places = new Array<number>(width).fill(-1);
  for (const [feature, at] of own) places.fill(at, feature.index, feature.index + widthOf(feature));
  const shape = graph.inputs.find((input) => input.name === name)?.shape ?? [];
  return { dims: rowDims({ name, shape }, width), places };
}
