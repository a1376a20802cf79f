import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Draw } from '../../../src/analysis/attributions/random.ts';
import type { ConductanceResult } from '../../../src/analysis/conductance.ts';
import type { ExplanationsResult } from '../../../src/analysis/explanations.ts';
import { type InteractionsResult, pairsOf } from '../../../src/analysis/interactions.ts';
import { temporaryFolder, writeParquet } from '../../data/parquet.ts';
import { answersOf } from '../../support/pass.ts';
import { slotForms } from '../../support/slot-models.ts';
import { drawnNet, type SlotFeature, type SlotNet } from '../../support/slot-nets.ts';

/*
 * What an attribution moves is exactly what the binding fills. Nets are drawn: inputs of up to three axes beside the batch, filled by
 * features of every kind, turned, cut and reshaped before ids are looked up. Every figure is then told a second time from nothing but
 * the target of rows in which a feature has another value.
 */

type Value = readonly number[];
type Row = readonly Value[];
/** The target of a row that is bound to the model as rows are. */
type Bound = (row: Row) => number;

/** Elements of lists, and lists, that hold another value. */
const zero = (value: Value): Value => value.map(() => 0);
const replaced = (row: Row, other: (value: Value, at: number) => Value): Row => row.map(other);
const without = (row: Row, ...features: readonly number[]): Row =>
  replaced(row, (value, at) => (features.includes(at) ? zero(value) : value));
const only = (row: Row, feature: number): Row => replaced(row, (value, at) => (at === feature ? value : zero(value)));
const nudged = (row: Row, feature: number, element: number, by: number): Row =>
  replaced(row, (value, at) =>
    at === feature ? value.map((one, place) => (place === element ? one + by : one)) : value,
  );

/** Exact of a net that is quadratic in every number. */
const slopes = (f: Bound, row: Row, at: number): number[] =>
  (row[at] as Value).map((_, element) => (f(nudged(row, at, element, 1)) - f(nudged(row, at, element, -1))) / 2);

type Rows = 'ALL' | 'FULL' | 'TWO';

interface Law {
  readonly spec: object;
  /** Of a feature on a row, as the question has it. */
  expected(f: Bound, row: Row, at: number, index: number): number;
  readonly figure?: 'attribution' | 'magnitude';
  /** All rows unless said; those whose lists are full, where padding stays and so has nothing to move; or two, one of them not full. */
  readonly of?: Rows;
  readonly isOfNumbers?: boolean;
  readonly isOfLinear?: boolean;
}

const ablated = (f: Bound, row: Row, at: number): number => f(row) - f(without(row, at));
const timesSlopes = (f: Bound, row: Row, at: number): number =>
  slopes(f, row, at).reduce((sum, slope, element) => sum + slope * ((row[at] as Value)[element] as number), 0);
/** In the order that is drawn for the row. */
function joined(f: Bound, row: Row, at: number, index: number): number {
  const order = [...new Draw(0, index, 0).order(row.length)];
  const later = order.slice(order.indexOf(at) + 1);
  return f(without(row, ...later)) - f(without(row, ...later, at));
}

function lawsOf(net: SlotNet, rows: readonly Row[]): Record<string, Law> {
  const other = rows[1] as Row;
  const taken = (f: Bound, row: Row, at: number, from: Row): number =>
    f(row) - f(replaced(row, (value, feature) => (feature === at ? (from[feature] as Value) : value)));
  return {
    SALIENCY: {
      spec: { method: 'SALIENCY' },
      expected: (f, row, at) => Math.hypot(...slopes(f, row, at)),
      figure: 'magnitude',
      isOfNumbers: true,
    },
    INPUT_X_GRADIENT: { spec: { method: 'INPUT_X_GRADIENT' }, expected: timesSlopes },
    INTEGRATED_GRADIENTS: {
      spec: { method: 'INTEGRATED_GRADIENTS', steps: 4 },
      expected: (f, row, at) => (ablated(f, row, at) + f(only(row, at)) - f(row.map(zero))) / 2,
    },
    FEATURE_ABLATION: { spec: { method: 'FEATURE_ABLATION' }, expected: ablated },
    'FEATURE_ABLATION from values': {
      spec: { method: 'FEATURE_ABLATION', baseline: { kind: 'ROW', inputs: inputsOf(net, other) } },
      expected: (f, row, at) => taken(f, row, at, other),
    },
    'INTEGRATED_GRADIENTS from values': {
      spec: { method: 'INTEGRATED_GRADIENTS', steps: 4, baseline: { kind: 'ROW', inputs: inputsOf(net, other) } },
      expected: (f, row, at) => (taken(f, row, at, other) - taken(f, other, at, row)) / 2,
      of: 'FULL',
    },
    FEATURE_PERMUTATION: {
      spec: { method: 'FEATURE_PERMUTATION', samples: 1, seed: 0 },
      expected: (f, row, at, index) => taken(f, row, at, rows[2 - index] as Row),
      of: 'TWO',
    },
    SHAPLEY_SAMPLING: { spec: { method: 'SHAPLEY_SAMPLING', samples: 1, seed: 0 }, expected: joined },
    SMOOTHGRAD: {
      spec: { method: 'SMOOTHGRAD', samples: 2, noise: 0.5, seed: 0 },
      expected: (f, row, at) => slopes(f, row, at).reduce((sum, slope) => sum + slope, 0),
      isOfNumbers: true,
      isOfLinear: true,
    },
    // It is refused where the same tensor holds numbers and ids, whose lookups are on the way.
    ...(net.inputs.every(({ dtype }) => dtype === 'ids' || !net.features.some(({ isIds }) => isIds)) && {
      DEEP_LIFT: { spec: { method: 'DEEP_LIFT' }, expected: ablated, isOfLinear: true },
    }),
    GRADIENT_SHAP: {
      spec: { method: 'GRADIENT_SHAP', samples: 2, noise: 0, seed: 0 },
      expected: ablated,
      isOfLinear: true,
    },
  };
}

/** A row as the inputs hold it: a feature's elements from its slot on, a shorter list filled up with its padding. */
function inputsOf({ inputs, features }: SlotNet, row: Row): Record<string, number[]> {
  const bound = Object.fromEntries(
    inputs.map(({ name, dims }): [string, number[]] => [name, new Array(dims.reduce((a, b) => a * b, 1)).fill(0)]),
  );
  for (const [at, { input, index }] of features.entries())
    for (const [element, value] of (row[at] as Value).entries()) (bound[input] as number[])[index + element] = value;
  return bound;
}

/** Two rows whose lists are full, and one whose lists are not. */
function rowsOf({ features }: SlotNet, seed: number): Row[] {
  return [0, 1, 2].map((row) => {
    const draw = new Draw(seed, row, 1);
    return features.map(({ kind, length, isIds }, at) => {
      const count = kind === 'SEQUENCE' && row === 2 ? Math.floor(draw.uniform(1000 + at) * (length + 1)) : length;
      return Array.from({ length: count }, (_, element) => {
        const value = draw.uniform(10 * at + element);
        return isIds ? 1 + Math.floor(value * 6) : Math.floor(value * 7) - 3;
      });
    });
  });
}

const cell = ({ kind, isIds }: SlotFeature, value: Value): string => {
  const type = isIds ? 'BIGINT' : 'DOUBLE';
  return kind === 'SEQUENCE' || kind === 'EMBEDDING' ? `[${value.join(', ')}]::${type}[]` : `${value[0]}::${type}`;
};

async function written({ features }: SlotNet, rows: readonly Row[]): Promise<string> {
  const values = rows.map((row) => `(${features.map((feature, at) => cell(feature, row[at] as Value)).join(', ')})`);
  const names = features.map(({ name }) => name).join(', ');
  return writeParquet(
    join(await temporaryFolder(), 'rows.parquet'),
    `SELECT * FROM (VALUES ${values.join(', ')}) AS t(${names})`,
  );
}

const manifestOf = ({ features }: SlotNet) => ({
  score: { output: 'score', index: 0, space: 'PROBABILITY' },
  features: features.map(({ name, kind, input, index, length }) => ({
    name,
    kind,
    input,
    index,
    ...(kind === 'SEQUENCE' || kind === 'EMBEDDING' ? { length } : {}),
  })),
});

/** The output, quadratic unless the net is linear, and a neuron, which is linear. */
const targets = { logit: { space: 'LOGIT' }, neuron: { layer: 'hidden', unit: 0 } } as const;
type TargetName = keyof typeof targets;
/** The target of a bound row. */
type BoundTo = (target: TargetName) => Bound;

/** What is told of bound rows, told twice: to learn which rows it wants, and with their targets. */
async function told<Figures>(net: SlotNet, model: object, tell: (f: BoundTo) => Figures): Promise<Figures> {
  const wanted = new Map<string, Row>();
  tell(() => (row) => {
    wanted.set(JSON.stringify(row), row);
    return 0;
  });
  const toy = { ...(model as { model: string; manifest: object }), rows: await written(net, [...wanted.values()]) };
  const questions = Object.values(targets).map((target) => ({
    name: 'explanations',
    spec: { method: 'SALIENCY', target },
  }));
  const [logit, neuron] = (await answersOf(toy, questions)) as ExplanationsResult[];
  const places = new Map([...wanted.keys()].map((key, at) => [key, at]));
  const figures = { logit: logit?.target, neuron: neuron?.target };
  return tell((target) => (row) => figures[target]?.[places.get(JSON.stringify(row)) as number] as number);
}

/** A question, and what its answer should be. */
interface Checked {
  readonly what: string;
  readonly question: { readonly name: string; readonly spec: object };
  found(answer: unknown): ArrayLike<number>;
  expected(f: BoundTo): number[];
}

/** `own`: those of all rows that the laws are about. */
const lawful = (net: SlotNet, rows: readonly Row[], own: readonly Row[], of: Rows): Checked[] =>
  (Object.keys(targets) as TargetName[]).flatMap((name) => {
    const isLinear = net.linear || name === 'neuron';
    return Object.entries(lawsOf(net, rows))
      .filter(([, law]) => (law.of ?? 'ALL') === of && (isLinear || !law.isOfLinear))
      .map(([method, law]): Checked => {
        const isMeant = (at: number): boolean => !law.isOfNumbers || net.features[at]?.isIds === false;
        const count = net.features.length;
        return {
          what: `${method} of the ${name}`,
          question: { name: 'explanations', spec: { ...law.spec, target: targets[name] } },
          found: (answer) =>
            Array.from((answer as ExplanationsResult)[law.figure ?? 'attribution'], (one, place) =>
              isMeant(place % count) ? one : 0,
            ),
          expected: (f) =>
            own.flatMap((row, index) =>
              net.features.map((_, at) => (isMeant(at) ? law.expected(f(name), row, at, index) : 0)),
            ),
        };
      });
  });

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of at most four features, which stay a part of them all. */
function together(net: SlotNet, rows: readonly Row[]): Checked[] {
  const chosen = net.features.map((_, at) => at).slice(-4);
  const numbers = net.features.flatMap(({ kind }, at) => (kind === 'NUMERIC' ? [at] : [])).slice(-4);
  const pairs =
    (features: readonly number[], joint: (f: Bound, row: Row, i: number, j: number) => number) => (f: BoundTo) =>
      pairsOf(features.length).map(([i, j]) =>
        mean(rows.map((row) => Math.abs(joint(f('logit'), row, features[i] as number, features[j] as number)))),
      );
  const { logit } = targets;
  const interactions = (
    method: 'ABLATION' | 'HESSIAN',
    features: readonly number[],
    joint: (f: Bound, row: Row, i: number, j: number) => number,
  ): Checked[] =>
    features.length < 2
      ? []
      : [
          {
            what: `interactions by ${method}`,
            question: { name: 'interactions', spec: { method, target: logit, features } },
            found: (answer) => (answer as InteractionsResult).score,
            expected: pairs(features, joint),
          },
        ];
  return [
    ...interactions(
      'ABLATION',
      chosen,
      (f, row, i, j) => f(row) - f(without(row, i)) - f(without(row, j)) + f(without(row, i, j)),
    ),
    ...interactions('HESSIAN', numbers, (f, row, i, j) => {
      const both = nudged(nudged(row, i, 0, 1), j, 0, 1);
      return f(both) - f(nudged(row, i, 0, 1)) - f(nudged(row, j, 0, 1)) + f(row);
    }),
    {
      what: 'conductance',
      question: { name: 'conductance', spec: { layer: 'hidden', target: logit, steps: 2 } },
      found: (answer) => (answer as ConductanceResult).mean.slice(0, 1),
      expected: (f) => [mean(rows.map((row) => f('neuron')(row) - f('neuron')(row.map(zero))))],
    },
  ];
}

const forms = [
  ['onnx', 10],
  ['graph', 10],
  ['layers', 6],
] as const;
const seeds = forms.flatMap(([form, count], first) =>
  Array.from({ length: count }, (_, at) => [form, 100 * first + at] as const),
);

describe('an attribution moves exactly what the binding fills', () => {
  test.each(seeds)('%s, seed %i', async (form, seed) => {
    const net = drawnNet(seed, form === 'layers');
    const rows = rowsOf(net, seed);
    const model = { model: await slotForms[form](net), manifest: manifestOf(net) };
    const [full, two] = [rows.slice(0, 2), rows.slice(1)];
    const byRows: [readonly Row[], Checked[]][] = [
      [rows, [...lawful(net, rows, rows, 'ALL'), ...together(net, rows)]],
      [full, lawful(net, rows, full, 'FULL')],
      [two, lawful(net, rows, two, 'TWO')],
    ];
    const checked = byRows.flatMap(([, own]) => own);
    const expected = await told(net, model, (f) => checked.map((one) => one.expected(f)));
    const answers: unknown[] = [];
    for (const [given, own] of byRows)
      answers.push(
        ...(await answersOf(
          { ...model, rows: await written(net, given) },
          own.map(({ question }) => question),
        )),
      );
    for (const [at, { what, found }] of checked.entries())
      expect(Array.from(found(answers[at])), what).toEqual(
        (expected[at] as number[]).map((one) => expect.closeTo(one, 2)),
      );
  });
});
