import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AttributionMethod } from '../../src/analysis/attributions/method.ts';
import { optionsOf } from '../../src/analysis/attributions/options.ts';
import type { ConductanceResult } from '../../src/analysis/conductance.ts';
import type { ExplanationsResult } from '../../src/analysis/explanations.ts';
import type { InteractionsResult } from '../../src/analysis/interactions.ts';
import { temporaryFolder, writeParquet } from '../data/parquet.ts';
import { answersOf, type Toy } from '../support/pass.ts';

/*
 * The law of runs: of a model whose rows do not see each other, every answer is the same whether rows are run all at once or a few at a
 * time (ModelArtifact.rowsPerRun), to float32's rounding.
 */

/** Nets of every kind: test/fixtures/generate/attribution_zoo.py. */
const folder = 'test/fixtures/attribution';
const zoo: Record<string, { features: object[]; rows: object[] }> = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);

/** Ids and numbers, a matrix of both, sequences with padding, a recurrent layer, images. */
const nets = ['gwen', 'deepfm-matrix', 'din', 'gru', 'conv'];
const methods: AttributionMethod[] = [
  'SALIENCY',
  'INTEGRATED_GRADIENTS',
  'SMOOTHGRAD',
  'GRADIENT_SHAP',
  'FEATURE_ABLATION',
  'FEATURE_PERMUTATION',
  'SHAPLEY_SAMPLING',
];

async function toyOf(name: string): Promise<Toy> {
  const { features, rows } = zoo[name] as (typeof zoo)[string];
  const json = join(await temporaryFolder(), `${name}.json`);
  await writeFile(json, rows.map((row) => JSON.stringify(row)).join('\n'));
  const parquet = json.replace(/json$/, 'parquet');
  await writeParquet(parquet, `SELECT * FROM read_json('${json}', format = 'newline_delimited')`);
  const manifest = { score: { output: 'score', index: 0, space: 'PROBABILITY' }, features };
  return { model: join(folder, `${name}.onnx`), manifest, rows: parquet };
}

const flights: Toy = {
  model: 'examples/flights/tfjs/model.json',
  manifest: JSON.parse(readFileSync('examples/flights/tfjs/manifest.json', 'utf8')),
  rows: 'examples/flights/flights.parquet',
  selection: { partitions: null, where: [], invalid: 'FAIL', sample: { count: 11, seed: 3 } },
};

const target = { space: 'LOGIT' } as const;
const questions = methods.map((method) => ({
  name: 'explanations',
  spec: { ...fewOf(optionsOf[method]), method, target },
}));

/** As few steps and samples as there may be. */
function fewOf({ steps, samples, noise, seed }: (typeof optionsOf)[AttributionMethod]) {
  return {
    ...(steps === undefined ? {} : { steps: 5 }),
    ...(samples === undefined ? {} : { samples: 2 }),
    ...(noise === undefined ? {} : { noise }),
    ...(seed === undefined ? {} : { seed }),
  };
}

const explanationsOf = (toy: Toy): Promise<unknown[]> => answersOf(toy, questions);

function expectEqual(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let at = 0; at < expected.length; at++)
    expect(Math.abs((actual[at] as number) - (expected[at] as number)), `${what} ${at}`).toBeLessThanOrEqual(
      1e-5 * scale,
    );
}

function expectSame(few: readonly unknown[], all: readonly unknown[]): void {
  for (const [at, method] of methods.entries())
    for (const figure of ['score', 'target', 'attribution', 'magnitude'] as const)
      expectEqual(
        (few[at] as ExplanationsResult)[figure],
        (all[at] as ExplanationsResult)[figure],
        `${method} ${figure}`,
      );
}

describe.each(nets)('%s explains every row as it does all at once', (name) => {
  test.each([1, 3])('by %d', async (rowsPerRun) => {
    const toy = await toyOf(name);
    expectSame(await explanationsOf({ ...toy, rowsPerRun }), await explanationsOf(toy));
  });
});

test('and so does a model of TensorFlow.js', async () => {
  const all = await explanationsOf(flights);
  for (const rowsPerRun of [1, 4]) expectSame(await explanationsOf({ ...flights, rowsPerRun }), all);
});

test.each([1, 3])('second derivatives and conductance are the same by %d', async (rowsPerRun) => {
  const toy = await toyOf('gwen');
  const asked = [
    { name: 'interactions', spec: { method: 'HESSIAN', target, features: [0, 1, 3] } },
    { name: 'conductance', spec: { layer: '/top/top.1/Relu_output_0', target, steps: 4 } },
  ];
  const [all, few] = [await answersOf(toy, asked), await answersOf({ ...toy, rowsPerRun }, asked)];
  expectEqual((few[0] as InteractionsResult).score, (all[0] as InteractionsResult).score, 'HESSIAN');
  expectEqual((few[1] as ConductanceResult).mean, (all[1] as ConductanceResult).mean, 'conductance');
});

test('DEEP_LIFT, which needs a row beside its baseline, says so', async () => {
  const deepLift = [{ name: 'explanations', spec: { method: 'DEEP_LIFT', target } }];
  for (const toy of [await toyOf('gwen'), flights])
    await expect(answersOf({ ...toy, rowsPerRun: 1 }, deepLift)).rejects.toMatchObject({
      code: 'UNSUPPORTED_BY_EXECUTOR',
      message: expect.stringContaining('rows of this model are run one at a time'),
    });
});
