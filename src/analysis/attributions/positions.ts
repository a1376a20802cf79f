import {
  add,
  cast,
  concat,
  constant,
  type Expression,
  equal,
  gather,
  mul,
  reshape,
  row,
  scalar,
  slice,
  where,
} from '../../compute/program.ts';
import { float32, int64 } from '../../compute/tensor.ts';
import type { Carrier } from '../../data/manifest/carriers.ts';
import type { FeatureBinding } from '../../data/manifest/manifest.ts';
import type { Subject } from '../analysis.ts';
import { atBagElements } from './bags.ts';
import { bagIn, columnsAt, type Held, layoutOf, ofPlaces, ofRows } from './layout.ts';

/** A number for every row and feature: `columns`, [rows, columns], of which feature `at` has the column `columnOf(at)`. */
export interface ByFeature {
  readonly columns: Expression;
  columnOf(at: number): number;
  /** Of the batch, one after the other; 1 when undefined. */
  readonly copies?: number;
}

/** The same number of every row for all features: [rows, 1]. */
export const forAll = (columns: Expression): ByFeature => ({ columns, columnOf: () => 0 });

/** A matrix [copies, columns] for all rows of as many copies of a batch: [copies · rows, columns]. */
export function ofCopies(values: readonly (readonly number[])[]): Expression {
  const width = values[0]?.length ?? 1;
  const perCopy = constant(float32([values.length, 1, width], Float32Array.from(values.flat())));
  return reshape(mul(perCopy, reshape(onesPerRow(), [1, -1, 1])), [-1, width]);
}

/** [rows] of the batch, whatever the program makes of the model's tensors. */
export const onesPerRow = (): Expression => add(mul(row('labelled'), scalar(0)), scalar(1));

/**
 * Numbers of features at the elements of a tensor that carries them, of a shape that broadcasts to the tensor's. `elsewhere` where
 * nothing is carried, and where a sequence is filled up: such positions are never moved. `ids` are an input's, of the same rows.
 */
export function atElements(
  values: ByFeature,
  elsewhere: 0 | 1,
  name: string,
  subject: Subject,
  carriers: readonly (readonly Carrier[])[],
  ids: (input: string) => Expression,
): Expression {
  const bag = bagIn(name, subject, carriers);
  if (bag !== undefined) {
    const column = values.columnOf(bag.at);
    return atBagElements(slice(values.columns, 1, column, column + 1), bag.feature, values.copies ?? 1);
  }
  const layout = layoutOf(name, subject, carriers);
  const same = sameColumn(values, layout.held, subject);
  if (same !== undefined) return ofRows(slice(values.columns, 1, same, same + 1), layout);
  return ofPlaces(atPlaces(values, elsewhere, layout.held, subject, ids), layout);
}

/** The column that every place has, where that does not depend on the row. */
function sameColumn(
  { columnOf }: ByFeature,
  held: readonly (Held | undefined)[],
  { features }: Subject,
): number | undefined {
  const [column] = held.map((one) => (one === undefined ? undefined : columnOf(one.at)));
  const isSame = (one: Held | undefined): boolean =>
    one !== undefined && columnOf(one.at) === column && features[one.at]?.kind !== 'SEQUENCE';
  return held.every(isSame) ? column : undefined;
}

/** Numbers of features at places, by what each holds: [rows, places]. */
function atPlaces(
  { columns, columnOf }: ByFeature,
  elsewhere: 0 | 1,
  held: readonly (Held | undefined)[],
  subject: Subject,
  ids: (input: string) => Expression,
): Expression {
  const chosen = held.map((one) => (one === undefined ? undefined : columnOf(one.at)));
  const last = Math.max(...chosen.map((column) => column ?? 0)) + 1;
  const ones = add(mul(slice(columns, 1, 0, 1), scalar(0)), scalar(elsewhere));
  const places = int64(
    [chosen.length],
    chosen.map((column) => column ?? last),
  );
  const values = gather(concat([slice(columns, 1, 0, last), ones], 1), constant(places), 1);
  return butPadding(values, ones, runsOf(held), subject, ids);
}

/** Places side by side that hold elements of one feature; `at` is undefined where they hold none. */
interface RunOfPlaces {
  readonly at: number | undefined;
  readonly from: number;
  readonly elements: number[];
}

function runsOf(held: readonly (Held | undefined)[]): RunOfPlaces[] {
  const runs: RunOfPlaces[] = [];
  for (const [from, one] of held.entries()) {
    const last = runs.at(-1);
    if (last === undefined || last.at !== one?.at) runs.push({ at: one?.at, from, elements: [one?.element ?? 0] });
    else last.elements.push(one?.element ?? 0);
  }
  return runs;
}

/** `elsewhere` instead of the values, [rows, places], where a sequence is filled up. */
function butPadding(
  values: Expression,
  elsewhere: Expression,
  runs: readonly RunOfPlaces[],
  subject: Subject,
  ids: (input: string) => Expression,
): Expression {
  const parts = runs.map(({ at, from, elements }) => {
    const part = runs.length === 1 ? values : slice(values, 1, from, from + elements.length);
    const feature = subject.features[at ?? -1];
    return feature?.kind === 'SEQUENCE' ? where(isPadding(feature, subject, ids, elements), elsewhere, part) : part;
  });
  return parts.length === 1 ? (parts[0] as Expression) : concat(parts, 1);
}

/** [rows, elements]: where a sequence holds its padding; of all its elements in their order, unless said. */
export function isPadding(
  feature: FeatureBinding & { kind: 'SEQUENCE' },
  { graph }: Subject,
  ids: (input: string) => Expression,
  elements: readonly number[] = Array.from({ length: feature.length }, (_, at) => at),
): Expression {
  const isFloat = graph.inputs.find(({ name }) => name === feature.input)?.dtype.startsWith('float');
  const places = elements.map((element) => feature.index + element);
  const own = columnsAt(reshape(ids(feature.input), [0, -1]), places);
  return equal(isFloat ? cast(own, 'int64') : own, constant(int64([], [feature.padding])));
}

/** Whether every element of a tensor is carried by a feature and none of them may be padding. */
export function isWhollyMoved(name: string, subject: Subject, carriers: readonly (readonly Carrier[])[]): boolean {
  if (bagIn(name, subject, carriers) !== undefined) return true;
  return layoutOf(name, subject, carriers).held.every(
    (one) => one !== undefined && subject.features[one.at]?.kind !== 'SEQUENCE',
  );
}
