import {
  add,
  concat,
  constant,
  type Expression,
  gather,
  matmul,
  mul,
  reduceSum,
  reshape,
  scalar,
  slice,
  sqrt,
  where,
} from '../../compute/program.ts';
import { float32, int64 } from '../../compute/tensor.ts';
import type { Carrier } from '../../data/manifest/carriers.ts';
import { isBag } from '../../data/manifest/manifest.ts';
import type { Subject } from '../analysis.ts';
import { playersOf } from '../players.ts';
import { byRow } from './bags.ts';
import { ofCarrier, rowsOf } from './layout.ts';
import { isPadding } from './positions.ts';

/** Columns of a matrix, [rows, features], in the order of these features. */
interface Piece {
  readonly features: readonly number[];
  /** Sum of squares over a feature's carriers. */
  readonly squares: Expression;
  readonly sums: Expression;
}

/** [rows, players] each: the L2 norm over a player's carriers, and the sum with its sign. */
export function byPlayer(
  subject: Subject,
  carriers: readonly (readonly Carrier[])[],
  attributed: (name: string) => Expression,
  original: (name: string) => Expression,
): { norms: Expression; sums: Expression } {
  const slots = slotsOf(carriers);
  const pieces = [
    ...[...slots].map(([name, features]) => ofSlots(rowsOf(attributed(name), name, subject), features, carriers)),
    ...carriers.flatMap((own, at) =>
      [...slots.values()].some((features) => features.includes(at))
        ? []
        : [
            ofFeature(
              own.map((carrier) => elementsOf(attributed(carrier.tensor), carrier, at, subject, original)),
              at,
            ),
          ],
    ),
  ];
  const order = pieces.flatMap(({ features }) => features);
  const inOrder = (parts: readonly Expression[]): Expression =>
    gather(
      concat(parts, 1),
      constant(
        int64(
          [order.length],
          carriers.map((_, at) => order.indexOf(at)),
        ),
      ),
      1,
    );
  const squares = withGroups(subject, inOrder(pieces.map((piece) => piece.squares)));
  return { norms: sqrt(squares), sums: withGroups(subject, inOrder(pieces.map((piece) => piece.sums))) };
}

/**
 * Features that are one number each of the rows of a tensor that holds several, by the tensor: hundreds of them are taken together, not
 * one by one.
 */
function slotsOf(carriers: readonly (readonly Carrier[])[]): Map<string, number[]> {
  const slots = new Map<string, number[]>();
  carriers.forEach((own, at) => {
    const [carrier] = own;
    if (own.length !== 1 || carrier?.size !== 1 || carrier.places.length !== 1) return;
    slots.set(carrier.tensor, [...(slots.get(carrier.tensor) ?? []), at]);
  });
  return slots;
}

function ofSlots(rows: Expression, features: readonly number[], carriers: readonly (readonly Carrier[])[]): Piece {
  const columns = features.flatMap((at) => (carriers[at] ?? []).flatMap(({ places }) => places));
  const sums = gather(rows, constant(int64([columns.length], columns)), 1);
  return { features, squares: mul(sums, sums), sums };
}

function ofFeature(parts: readonly Expression[], feature: number): Piece {
  const total = (of: (part: Expression) => Expression) =>
    parts.map((part) => reduceSum(of(part), [1], true)).reduce((a, b) => add(a, b));
  return { features: [feature], squares: total((part) => mul(part, part)), sums: total((part) => part) };
}

/** With a column for each group: the sum over its features. */
export function withGroups(subject: Subject, byFeature: Expression): Expression {
  const featureCount = subject.features.length;
  const groups = playersOf(subject).slice(featureCount);
  if (groups.length === 0) return byFeature;
  const members = new Float32Array(featureCount * groups.length);
  for (const [group, { members: own }] of groups.entries())
    for (const at of own) members[at * groups.length + group] = 1;
  return concat([byFeature, matmul(byFeature, constant(float32([featureCount, groups.length], members)))], 1);
}

/** [rows]: over all features, of [rows, players]. */
export const sumOfFeatures = (byPlayer: Expression, { features }: Subject): Expression =>
  reshape(reduceSum(slice(byPlayer, 1, 0, features.length), [1]), [-1]);

/** A feature's part of a value shaped like a carrier's tensor, [rows, elements]; zero where a sequence is filled up. */
function elementsOf(
  value: Expression,
  carrier: Carrier,
  at: number,
  subject: Subject,
  original: (name: string) => Expression,
): Expression {
  const feature = subject.features[at];
  if (isBag(feature)) return byRow(rowsOf(value, carrier.tensor, subject), feature, carrier.size);
  const own = ofCarrier(value, carrier, subject);
  if (feature?.kind !== 'SEQUENCE') return own;
  const { elements } = carrier;
  // What a gradient is at padding does not matter, even where it is no number.
  const padding = reshape(isPadding(feature, subject, original, elements), [0, elements.length, 1]);
  return reshape(where(padding, scalar(0), reshape(own, [0, elements.length, -1])), [0, -1]);
}
