import {
  add,
  type Expression,
  greater,
  mul,
  type Program,
  parameter,
  reduceSum,
  reshape,
  scalar,
  tensor,
  where,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import { encodedIn } from '../../data/batches/string-table.ts';
import type { Batch } from '../../data/types.ts';
import type { Outputs, Subject, Values } from '../analysis.ts';
import { carriersOfFeatures } from '../players.ts';
import { assertNoBags } from './bags.ts';
import { tensorsOf } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { AttributionSpec, Baseline } from './method.ts';
import { atElements, forAll, onesPerRow } from './positions.ts';

/** [1, …]: the carriers of the baseline, by the name of their tensor; undefined when they are zero. */
export const baselineCarriers = ({ baseline }: Pick<AttributionSpec, 'baseline'>, subject: Subject) =>
  baseline === undefined
    ? undefined
    : (name: string): Expression => parameter(`baseline/${name}`, 'float32', [1, ...rowDimsOf(subject, name)]);

/** Sums over rows of carriers, and the rows that each element was summed over. */
export type Gathered = Readonly<Record<string, { readonly sums: Float64Array; readonly counts: Float64Array }>>;

/**
 * Of a sweep before the one that attributes: it finds the carriers of the baseline, as means over rows, or where it is a row from a run
 * of that row alone.
 */
export function baselineProgram({ kind }: Baseline, subject: Subject): Program {
  if (kind === 'ROW')
    assertNoBags(subject, 'baseline of values', 'from the ZERO baseline, which is an empty list, or from MEAN');
  const carriers = carriersOfFeatures(subject);
  const outputs: Record<string, Expression> = {};
  for (const name of tensorsOf(carriers)) {
    const ones = add(mul(tensor(name), scalar(0)), scalar(1));
    const isCounted = greater(atElements(forAll(onesColumn()), 0, name, subject, carriers, tensor), scalar(0.5));
    const total = (values: Expression): Expression =>
      kind === 'ROW' ? values : reduceSum(where(isCounted, values, scalar(0)), [0], true);
    outputs[`sums/${name}`] = total(tensor(name));
    outputs[`counts/${name}`] = total(ones);
  }
  return kind === 'ROW' ? { outputs, takesOwnInputs: true } : { outputs };
}

const onesColumn = (): Expression => reshape(onesPerRow(), [-1, 1]);

export function foldBaseline(gathered: Gathered, outputs: Outputs): Gathered {
  const own: Record<string, Gathered[string]> = {};
  for (const key of Object.keys(outputs)) {
    if (!key.startsWith('sums/')) continue;
    const name = key.slice('sums/'.length);
    const [sums, counts] = [outputs[key], outputs[`counts/${name}`]].map((one) =>
      Float64Array.from(one?.data as Float32Array),
    );
    own[name] = { sums: sums as Float64Array, counts: counts as Float64Array };
  }
  return mergeBaselines(gathered, own);
}

export function mergeBaselines(a: Gathered, b: Gathered): Gathered {
  const sum = (x: Float64Array, y: Float64Array | undefined): Float64Array =>
    y === undefined ? x : x.map((value, at) => value + (y[at] as number));
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => {
      const [one, other] = [a[name] ?? b[name], a[name] && b[name]] as [Gathered[string], Gathered[string] | undefined];
      return [name, { sums: sum(one.sums, other?.sums), counts: sum(one.counts, other?.counts) }];
    }),
  );
}

/** The parameters of `baselineCarriers`. An element that no row has a value for is zero: it is never moved either. */
export function baselineValues(gathered: Gathered, subject: Subject): Values {
  return Object.fromEntries(
    Object.entries(gathered).map(([name, { sums, counts }]) => [
      `baseline/${name}`,
      float32(
        [1, ...rowDimsOf(subject, name)],
        Float32Array.from(sums, (sum, at) => (counts[at] === 0 ? 0 : sum / (counts[at] as number))),
      ),
    ]),
  );
}

/** One row, bound to the inputs. */
export const ofWrittenRow = (batch: Pick<Batch, 'inputs' | 'texts'>): Baseline => ({
  kind: 'ROW',
  inputs: Object.fromEntries(Object.keys(batch.inputs).map((name) => [name, encodedIn(batch, name)])),
});
