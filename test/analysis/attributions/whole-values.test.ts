import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AttributionResult } from '../../../src/analysis/attribution.ts';
import { ofWrittenRow } from '../../../src/analysis/attributions/baseline.ts';
import { Draw } from '../../../src/analysis/attributions/random.ts';
import type { ExplanationsResult } from '../../../src/analysis/explanations.ts';
import type { ResponseResult } from '../../../src/analysis/response.ts';
import { executorFor } from '../../../src/compute/executors.ts';
import { encodedValues, type WrittenRow, writtenBatch } from '../../../src/data/batches/written-rows.ts';
import type { FeatureBinding } from '../../../src/data/manifest/manifest.ts';
import { resolveManifest } from '../../../src/data/manifest/resolve.ts';
import { predict } from '../../../src/pass/predict.ts';
import { temporaryFolder } from '../../compute/onnx/models.ts';
import { writeParquet } from '../../data/parquet.ts';
import { answersOf } from '../../support/pass.ts';
import { type Drawn, drawn, drawnForTfjs, manifestOf, onnxModel, tfjsModel } from './lists.ts';

const samples = 3;
const target = { space: 'LOGIT' } as const;
const missing: WrittenRow = { k: null, c: null, h: null, t: null };
/** What responses set the two features to that are no lists. */
const values = { k: [0, 1], c: [2, 9, 4] };

/** By name; of every row and feature, by row, unless it is said otherwise. */
interface Figures {
  readonly target: readonly number[];
  readonly ablated: readonly number[];
  readonly absent: readonly number[];
  /** Of every feature and the group, the mean over rows. */
  readonly aggregated: readonly number[];
  readonly permuted: readonly number[];
  readonly shapley: readonly number[];
  /** Of every value. */
  readonly responses: readonly number[];
}

/** A drawn model, registered. */
async function subjectOf(about: Drawn, path: string) {
  const home = await temporaryFolder();
  const source = { path, root: dirname(path) };
  const { artifact, graph } = await (await executorFor(source)).register(source, home, 1);
  const manifest = await resolveManifest(graph, manifestOf(about), { readFile: async () => '', home });
  const names = manifest.features.map(({ name }) => name);
  const only = (row: WrittenRow): WrittenRow => Object.fromEntries(names.map((name) => [name, row[name]]));
  const rows = join(home, 'rows.parquet');
  await writeParquet(rows, `SELECT * FROM (VALUES ${about.rows.map(sqlOf).join(', ')}) AS rows(k, c, h, t)`);
  return {
    names,
    baseline: async (row: WrittenRow) => ofWrittenRow(await writtenBatch([only(row)], graph, manifest, {})),
    encoded: (at: number, raw: readonly unknown[]) =>
      encodedValues(raw, manifest.features[at] as FeatureBinding, graph, manifest, {}),
    answers: (questions: readonly { name: string; spec: object }[]) =>
      answersOf({ model: path, manifest: manifestOf(about), rows }, questions),
    logits: atOnce(async (asked) => {
      const call = { model: { artifact, graph, manifest }, rows: asked.map(only), environment: { home, threads: 1 } };
      return (await predict({ ...call, target })).map((prediction) => prediction.target);
    }),
  };
}

type DrawnSubject = Awaited<ReturnType<typeof subjectOf>>;
type Logits = (rows: readonly WrittenRow[]) => Promise<number[]>;

/** Rows that are asked about in one turn go in one call. */
function atOnce(ask: Logits): Logits {
  let rows: WrittenRow[] = [];
  let answer: Promise<number[]> | undefined;
  return async (own) => {
    const from = rows.length;
    rows.push(...own);
    answer ??= setImmediate().then(() => {
      const all = rows;
      [rows, answer] = [[], undefined];
      return ask(all);
    });
    return (await answer).slice(from, from + own.length);
  };
}

const listSql = (list: unknown): string => `CAST(${JSON.stringify(list)} AS BIGINT[])`;
const sqlOf = ({ k, c, h, t }: WrittenRow): string =>
  `(CAST(${k} AS DOUBLE), CAST(${c} AS BIGINT), ${listSql(h)}, ${listSql(t)})`;

type Explained = ExplanationsResult;

async function foundBy({ seed, other }: Drawn, subject: DrawnSubject): Promise<Figures> {
  const asked = { target, samples, seed };
  const towards = { ...asked, baseline: await subject.baseline(other) };
  const nothing = { ...asked, baseline: await subject.baseline(missing) };
  const response = async (feature: number, raw: readonly unknown[]) => ({
    name: 'response',
    spec: { feature, target, values: await subject.encoded(feature, raw) },
  });
  const [ablated, absent, permuted, shapley, aggregated, ...responses] = (await subject.answers([
    { name: 'explanations', spec: { ...towards, method: 'FEATURE_ABLATION' } },
    { name: 'explanations', spec: { ...nothing, method: 'FEATURE_ABLATION' } },
    { name: 'explanations', spec: { ...asked, method: 'FEATURE_PERMUTATION' } },
    { name: 'explanations', spec: { ...towards, method: 'SHAPLEY_SAMPLING' } },
    { name: 'attribution', spec: { ...towards, method: 'FEATURE_ABLATION' } },
    await response(0, values.k),
    await response(1, values.c),
  ])) as [Explained, Explained, Explained, Explained, AttributionResult, ...ResponseResult[]];
  return {
    target: [...ablated.target],
    ablated: [...ablated.attribution],
    absent: [...absent.attribution],
    aggregated: [...aggregated.mean],
    permuted: [...permuted.attribution],
    shapley: [...shapley.attribution],
    responses: responses.flatMap((one) => [...one.mean]),
  };
}

/** By predictions of rows that are written by hand. */
async function rightFor({ rows, seed, other }: Drawn, { names, logits }: DrawnSubject): Promise<Figures> {
  const targets = logits(rows);
  const lost = async (by: readonly string[], from: (row: number) => WrittenRow): Promise<number[]> => {
    const scored = await logits(rows.map((row, at) => replaced(row, by, from(at))));
    return (await targets).map((value, at) => value - (scored[at] as number));
  };
  const byRow = async (of: (name: string) => Promise<number[]>): Promise<number[]> => {
    const columns = await Promise.all(names.map(of));
    return rows.flatMap((_, at) => columns.map((column) => column[at] as number));
  };
  const distances = Array.from(
    { length: samples },
    (_, sample) => 1 + Math.floor(new Draw(seed, 0, sample).uniform(0) * (rows.length - 1)),
  );
  const permuted = async (name: string): Promise<number[]> => {
    const donor = (row: number, distance: number) => rows[(row + distance) % rows.length] as WrittenRow;
    const each = await Promise.all(distances.map((distance) => lost([name], (row) => donor(row, distance))));
    return rows.map((_, row) => mean(each.map((one) => one[row] as number)));
  };
  const responding = async (set: WrittenRow): Promise<number> =>
    mean(await logits(rows.map((row) => ({ ...row, ...set }))));
  const players = [...names.map((name) => [name]), ['k', 'h']];
  const sets = [...values.k.map((k) => ({ k })), ...values.c.map((c) => ({ c }))];
  const [target, ablated, absent, aggregated, inPermutation, shapley, responses] = await Promise.all([
    targets,
    byRow((name) => lost([name], () => other)),
    byRow((name) => lost([name], () => missing)),
    Promise.all(players.map(async (player) => mean(await lost(player, () => other)))),
    byRow(permuted),
    Promise.all(rows.map((row, at) => shapleyOf(row, other, names, (sample) => new Draw(seed, at, sample), logits))),
    Promise.all(sets.map(responding)),
  ]);
  return { target, ablated, absent, aggregated, permuted: inPermutation, shapley: shapley.flat(), responses };
}

/** What features add when they join in the orders that are drawn, the others having the other row's values. */
async function shapleyOf(
  row: WrittenRow,
  other: WrittenRow,
  names: readonly string[],
  draw: (sample: number) => Draw,
  logits: Logits,
): Promise<number[]> {
  const added = names.map(() => 0);
  const grow = async (sample: number): Promise<void> => {
    const order = Array.from(draw(sample).order(names.length), (at) => names[at] as string);
    const grown = await logits([other, ...order.map((_, last) => replaced(other, order.slice(0, last + 1), row))]);
    for (const [place, name] of order.entries()) {
      const [before, after] = grown.slice(place, place + 2) as [number, number];
      added[names.indexOf(name)] = (added[names.indexOf(name)] as number) + (after - before) / samples;
    }
  };
  await Promise.all(Array.from({ length: samples }, (_, sample) => grow(sample)));
  return added;
}

/** With the values that another row has of some features. */
const replaced = (row: WrittenRow, names: readonly string[], other: WrittenRow): WrittenRow => ({
  ...row,
  ...Object.fromEntries(names.map((name) => [name, other[name]])),
});

const mean = (all: readonly number[]): number => all.reduce((sum, value) => sum + value, 0) / all.length;

test.each([
  ['ONNX', drawn, onnxModel, 10],
  ['TensorFlow.js', drawnForTfjs, tfjsModel, 4],
] as const)(
  'to replace a feature’s value in a model of %s is to write the row with the other value, lists with all that belongs to them',
  async (_, models, write, numRuns) => {
    await fc.assert(
      fc.asyncProperty(models, async (about) => {
        const subject = await subjectOf(about, await write(about));
        const found = await foundBy(about, subject);
        const right = await rightFor(about, subject);
        // Nothing differs but the order in which float32 is summed.
        for (const [name, figures] of Object.entries(right))
          expect(found[name as keyof Figures], name).toEqual(figures.map((value: number) => expect.closeTo(value, 4)));
      }),
      { seed: 1, numRuns },
    );
  },
  120_000,
);
