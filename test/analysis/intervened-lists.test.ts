import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Draw } from '../../src/analysis/attributions/random.ts';
import type { Intervention } from '../../src/analysis/interventions/intervention.ts';
import { executorFor } from '../../src/compute/executors.ts';
import { encodedRow, type WrittenRow } from '../../src/data/batches/written-rows.ts';
import type { FeatureBinding } from '../../src/data/manifest/manifest.ts';
import { resolveManifest } from '../../src/data/manifest/resolve.ts';
import type { ScoreSource } from '../../src/data/scores/file.ts';
import { predict } from '../../src/pass/predict.ts';
import { temporaryFolder } from '../compute/onnx/models.ts';
import { writeParquet } from '../data/parquet.ts';
import { answersOf } from '../support/pass.ts';
import { type Drawn, drawn, drawnForTfjs, manifestOf, onnxModel, tfjsModel } from './attributions/lists.ts';

const listSql = (list: unknown): string => `CAST(${JSON.stringify(list)} AS BIGINT[])`;
const sqlOf = ({ k, c, h, t }: WrittenRow): string =>
  `(CAST(${k} AS DOUBLE), CAST(${c} AS BIGINT), ${listSql(h)}, ${listSql(t)})`;

/** A drawn model, registered: what it scores with interventions, and what it scores of rows that were written. */
async function subjectOf(about: Drawn, path: string) {
  const home = await temporaryFolder();
  const source = { path, root: dirname(path) };
  const { artifact, graph } = await (await executorFor(source)).register(source, home, 1);
  const manifest = await resolveManifest(graph, manifestOf(about), { readFile: async () => '', home });
  const names = manifest.features.map(({ name }) => name);
  const file = join(home, 'rows.parquet');
  await writeParquet(file, `SELECT * FROM (VALUES ${about.rows.map(sqlOf).join(', ')}) AS rows(k, c, h, t)`);
  return {
    names,
    set: async (at: number, row: WrittenRow): Promise<Intervention> => {
      const feature = manifest.features[at] as FeatureBinding;
      const value = await encodedRow(row[feature.name], feature, graph, manifest, {});
      return { of: 'FEATURE', feature: at, mode: 'SET', row: value };
    },
    async scored(all: readonly (readonly Intervention[])[]): Promise<number[][]> {
      const questions = all.map((interventions) => ({ name: 'scores', spec: { interventions } }));
      const answers = await answersOf({ model: path, manifest: manifestOf(about), rows: file }, questions);
      return Promise.all((answers as ScoreSource[]).map(outputsOf));
    },
    async written(rows: readonly WrittenRow[]): Promise<number[]> {
      const only = rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
      const environment = { home, threads: 1 };
      const target = { space: 'PROBABILITY' } as const;
      const predictions = await predict({ model: { artifact, graph, manifest }, rows: only, environment, target });
      return predictions.map(({ score }) => score);
    },
  };
}

async function outputsOf(scores: ScoreSource): Promise<number[]> {
  const outputs: number[] = [];
  for await (const { output } of scores.stretches()) outputs.push(...output);
  return outputs;
}

/** What every row has of features in the row that a shuffle, by its position among them, takes it from. */
function lender({ rows }: Drawn, shuffle: number, at: number): WrittenRow {
  const distance = 1 + Math.floor(new Draw(0, 0, shuffle).uniform(0) * (rows.length - 1));
  return rows[(at + distance) % rows.length] as WrittenRow;
}

test.each([
  ['ONNX', drawn, onnxModel, 10],
  ['TensorFlow.js', drawnForTfjs, tfjsModel, 3],
] as const)(
  'to intervene on features of a model of %s is to write the rows so, lists with all that belongs to them',
  async (_, models, write, numRuns) => {
    await fc.assert(
      fc.asyncProperty(models, async (about) => {
        const subject = await subjectOf(about, await write(about));
        const { rows, other } = about;
        const each = subject.names.map((name, at) => ({ name, at }));
        const k = { of: 'FEATURE', feature: 0, column: 'k', mode: 'SCALE' } as const;
        const scored = await subject.scored([
          ...(await Promise.all(each.map(async ({ at }) => [await subject.set(at, other)]))),
          ...each.map(({ at }): Intervention[] => [{ of: 'FEATURES', features: [at], mode: 'SHUFFLE' }]),
          [
            { of: 'FEATURES', features: [0, 2], mode: 'SHUFFLE' },
            { of: 'FEATURES', features: [1], mode: 'SHUFFLE' },
          ],
          [
            await subject.set(0, other),
            { of: 'FEATURES', features: each.slice(1).map(({ at }) => at), mode: 'SHUFFLE' },
          ],
          [{ ...k, value: 1 }],
          [{ ...k, value: 0 }, await subject.set(2, other)],
        ]);
        const having =
          (names: readonly string[], from: (at: number) => WrittenRow) => (row: WrittenRow, at: number) => ({
            ...row,
            ...Object.fromEntries(names.map((name) => [name, from(at)[name]])),
          });
        const lent = (shuffle: number, ...names: string[]) => having(names, (at) => lender(about, shuffle, at));
        const writtenRows = [
          ...each.map(({ name }) => rows.map(having([name], () => other))),
          ...each.map(({ name }) => rows.map(lent(0, name))),
          rows.map(lent(0, 'k', 'h')).map(lent(1, 'c')),
          rows.map(having(['k'], () => other)).map(lent(0, ...subject.names.slice(1))),
          rows,
          rows.map((row) => ({ ...row, k: 0, h: other.h })),
        ];
        for (const [at, changed] of writtenRows.entries())
          expect(scored[at], String(at)).toEqual(
            (await subject.written(changed)).map((score) => expect.closeTo(score, 5)),
          );
      }),
      { seed: 1, numRuns },
    );
  },
  180_000,
);
