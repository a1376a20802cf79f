import { join } from 'node:path';
import type { AttributionResult } from '../../../src/analysis/attribution.ts';
import type { BaselineRows } from '../../../src/analysis/attributions/baseline-rows.ts';
import type { AttributionSpec } from '../../../src/analysis/attributions/method.ts';
import { optionsOf } from '../../../src/analysis/attributions/options.ts';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import { type ModelText, modelOf, temporaryFolder, written } from '../../compute/onnx/models.ts';
import { writeParquet } from '../../data/parquet.ts';
import { answersOf, type Toy } from '../../support/pass.ts';

/** Small nets whose attributions are whole numbers, and rows for them. */
export interface Net {
  readonly text: ModelText;
  readonly features: readonly object[];
  /** What stands behind VALUES, and the columns. */
  readonly rows: string;
  readonly columns: string;
}

export const number = (name: string, index: number, group?: string) => ({
  name,
  kind: 'NUMERIC',
  column: name,
  input: 'x',
  index,
  missing: 1,
  ...(group === undefined ? {} : { group }),
});

/** logit = of the numbers a, b, … in x, by these nodes. */
export const ofNumbers = (
  names: string,
  nodes: ModelText['nodes'],
  weights: NonNullable<ModelText['weights']>,
  rows: string,
): Net => ({
  text: {
    inputs: { x: ['float32', [null, names.length]] },
    weights,
    nodes: [...nodes, ['Sigmoid', 'logit', 'score']],
    outputs: 'score',
  },
  features: [...names].map((name, at) => number(name, at, 'all')),
  rows,
  columns: [...names].join(', '),
});

/** logit = 2a − 3b + c */
export const linear = (rows: string): Net =>
  ofNumbers('abc', [['MatMul', 'x w', 'logit']], { w: float32([3, 1], [2, -3, 1]) }, rows);

/** logit = a · b, on which plain methods differ. */
export const product = (rows: string): Net =>
  ofNumbers(
    'ab',
    [
      ['Split', 'x', 'a b', { axis: 1, num_outputs: 2 }],
      ['Mul', 'a b', 'logit'],
    ],
    {},
    rows,
  );

/**
 * Two positions of ids and a number: logit = Σ (e₀ + 2·e₁) + 3·age, that is: id 0, the padding, is worth 15; id 1 is worth 1; id 2 is
 * worth 4.
 */
export const sequence = (rows: string): Net => ({
  text: {
    inputs: { seen: ['int64', [null, 2]], age: ['float32', [null, 1]] },
    weights: {
      table: float32([3, 2], [5, 5, 1, 0, 0, 2]),
      w: float32([2, 1], [1, 2]),
      three: float32([], [3]),
      one: int64([1], [1]),
    },
    nodes: [
      ['Gather', 'table seen', 'looked'],
      ['ReduceSum', 'looked one', 'pooled', { keepdims: 0 }],
      ['MatMul', 'pooled w', 'of_seen'],
      ['Mul', 'age three', 'of_age'],
      ['Add', 'of_seen of_age', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  },
  features: [
    { name: 'seen', kind: 'SEQUENCE', column: 'seen', input: 'seen', length: 2, padding: 0, group: 'all' },
    { name: 'age', kind: 'NUMERIC', column: 'age', input: 'age', group: 'all' },
  ],
  rows,
  columns: 'seen, age',
});

/** logit = the sum over so many positions of √e, where e is 0 at the padding, so that the slope there is infinite; 1, 4 of ids 1, 2. */
export const rootsOf = (length: number, rows: string): Net => ({
  text: {
    inputs: { seen: ['int64', [null, length]] },
    weights: { table: float32([3, 1], [0, 1, 4]), axes: int64([2], [1, 2]) },
    nodes: [
      ['Gather', 'table seen', 'looked'],
      ['Sqrt', 'looked', 'roots'],
      ['ReduceSum', 'roots axes', 'logit', { keepdims: 0 }],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  },
  features: [{ name: 'seen', kind: 'SEQUENCE', column: 'seen', input: 'seen', length, padding: 0 }],
  rows,
  columns: 'seen',
});

export type Asked = Pick<AttributionSpec, 'method'> & Partial<AttributionSpec>;

/** Of the logit, with the defaults of the API. */
export const attributed = (net: Net, ...asked: readonly Asked[]): Promise<AttributionResult[]> =>
  attributedFrom(net, null, ...asked);

/** The same, where baselines that are drawn are so from these rows. */
export async function attributedFrom(
  net: Net,
  from: BaselineRows | null,
  ...asked: readonly Asked[]
): Promise<AttributionResult[]> {
  const questions = asked.map((one) => {
    const { baseline: _, ...defaults } = optionsOf[one.method];
    const partKeys = one.baseline?.kind === 'DRAWN' ? ['from'] : [];
    return { name: 'attribution', spec: { target: { space: 'LOGIT' }, ...defaults, ...one }, partKeys };
  });
  return (await answersOf(await toyOf(net), questions, { from })) as AttributionResult[];
}

/** What baselines are drawn from when they are the rows of the net. */
export async function drawnFrom(net: Net): Promise<BaselineRows> {
  const [rows] = await answersOf(await toyOf(net), [{ name: 'baselineRows', spec: {} }]);
  return rows as BaselineRows;
}

async function toyOf(net: Net): Promise<Toy> {
  const rows = join(await temporaryFolder(), 'rows.parquet');
  await writeParquet(rows, `SELECT * FROM (VALUES ${net.rows}) AS t(${net.columns})`);
  const manifest = { score: { output: 'score', index: 0, space: 'PROBABILITY' }, features: net.features };
  return { model: await written(modelOf(net.text)), manifest, rows };
}

export const mean = (...values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
