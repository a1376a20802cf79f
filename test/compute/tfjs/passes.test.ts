import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeFit } from '../../../src/analysis/probes/probe.ts';
import type { EvaluationResult } from '../../../src/analysis/quality/evaluation.ts';
import { writeParquet } from '../../data/parquet.ts';
import { answersOf } from '../../support/pass.ts';
import { keras, openTwins, type Twins, twinsFolder } from './twins.ts';

let folder: string;
let twins: Twins;
let rows: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glassgraph-twins-'));
  rows = await writeParquet(
    join(folder, 'rows.parquet'),
    `SELECT * FROM read_json('${join(twinsFolder, 'rows.json')}', format = 'newline_delimited')`,
  );
  twins = await openTwins();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const probed = { l2: 1, maxIterations: 100, tolerance: 1e-6 };

type Question = { name: string; spec: object; partKeys?: string[] };
const ask = (side: 'tfjs' | 'onnx', analyses: Question[], parts?: Record<string, unknown>): Promise<unknown[]> => {
  const { model, manifest } = keras[side];
  return answersOf({ model: join(twinsFolder, model), manifest, rows, label: 'click' }, analyses, parts);
};

/** Layers of the two by what they end in: the exporters agree about the rest of the names only in part. */
const layersOf = (side: 'tfjs' | 'onnx'): Map<string, string> =>
  new Map(twins[side].graph.layers.map(({ name }) => [keyOf(name), name]));
const keyOf = (name: string): string =>
  /(city_table|visit_table|pooled|joined|hidden|bounded|BiasAdd)/.exec(name)?.[1] ?? 'score';

/** Numbers to 1e-3 of the largest of their kind; everything else the same. */
function expectAlike(actual: unknown, wanted: unknown): void {
  if (ArrayBuffer.isView(wanted)) {
    const [a, b] = [actual, wanted].map((value) => Array.from(value as Float64Array, Number)) as [number[], number[]];
    expect(a).toHaveLength(b.length);
    const scale = Math.max(1, ...b.filter(Number.isFinite).map(Math.abs));
    for (const [at, value] of b.entries())
      if (Number.isFinite(value)) expect(Math.abs((a[at] as number) - value)).toBeLessThanOrEqual(1e-3 * scale);
      else expect(a[at]).toBe(value);
  } else if (typeof wanted === 'object' && wanted !== null) {
    expect(Object.keys(actual as object)).toEqual(Object.keys(wanted));
    for (const [key, value] of Object.entries(wanted)) expectAlike((actual as Record<string, unknown>)[key], value);
  } else if (typeof wanted === 'number') expect(actual).toBeCloseTo(wanted, 3);
  else expect(actual).toBe(wanted);
}

/**
 * Rows with the same visits in another order have the same mean of their entries, and so the same score: scikit-learn counts a pair
 * of them by half. Each runtime adds in float32 in an order of its own, so that the two differ by a rounding and count whole or not at
 * all. Were that drawn by lot, an AUC would be off by three standard deviations, ½ √(tied pairs) / pairs, once in 370 times.
 */
async function roundingOfTies(): Promise<number> {
  const lines = (await readFile(join(twinsFolder, 'rows.json'), 'utf8')).trim().split('\n');
  const seen = new Map<string, [number, number]>();
  for (const { visits, click } of lines.map((line) => JSON.parse(line) as { visits: number[]; click: 0 | 1 })) {
    const counts = seen.get(String(visits.toSorted())) ?? [0, 0];
    counts[click] += 1;
    seen.set(String(visits.toSorted()), counts);
  }
  const sum = (of: (counts: [number, number]) => number) => [...seen.values()].reduce((total, at) => total + of(at), 0);
  const tied = sum(([negative, positive]) => negative * positive);
  const pairs = sum(([negative]) => negative) * sum(([, positive]) => positive);
  expect([tied, pairs]).toEqual([959, 88_319]);
  return (3 * 0.5 * Math.sqrt(tied)) / pairs;
}

describe('one net, exported both ways,', () => {
  test('is made of the same layers', () => {
    const said = (side: 'tfjs' | 'onnx') =>
      new Map(
        twins[side].graph.layers.map(({ name, kind, activation, units, parameterCount, inputs }) => [
          keyOf(name),
          { kind, activation, units, parameterCount, inputs: inputs.map(keyOf).sort() },
        ]),
      );
    expect(said('tfjs')).toEqual(said('onnx'));
    expect(twins.tfjs.graph.parameterCount).toBe(twins.onnx.graph.parameterCount);
  });

  test('looks the same ids up', () => {
    const said = (side: 'tfjs' | 'onnx') =>
      twins[side].graph.lookups
        .map(({ table: _, carrier: __, ...lookup }) => lookup)
        .toSorted((a, b) => a.input.localeCompare(b.input));
    expect(said('tfjs')).toEqual(said('onnx'));
  });

  test.each(['moments', 'extremes', 'covariance'])('has the same %s in every layer', async (name) => {
    const questions = (side: 'tfjs' | 'onnx') =>
      [...layersOf('onnx').keys()].map((key) => ({ name, spec: { layer: layersOf(side).get(key) } }));
    const [tfjs, onnx] = await Promise.all([ask('tfjs', questions('tfjs')), ask('onnx', questions('onnx'))]);
    expect(onnx).toHaveLength(8);
    expectAlike(tfjs, onnx);
  });

  test('has the same probe on every layer', async () => {
    const questions = (side: 'tfjs' | 'onnx') =>
      [...layersOf('onnx').keys()].map((key) => ({
        name: 'probe',
        spec: { ...probed, layer: layersOf(side).get(key) },
      }));
    const [tfjs, onnx] = await Promise.all([ask('tfjs', questions('tfjs')), ask('onnx', questions('onnx'))]);
    expect(onnx).toHaveLength(8);
    expectAlike(tfjs, onnx);
  });

  test.each(['tfjs', 'onnx'] as const)('has the probes of scikit-learn by %s', async (side) => {
    const { keras: expected } = JSON.parse(await readFile('test/fixtures/probes/expected.json', 'utf8'));
    for (const [layer, wanted] of Object.entries(expected as Record<string, Record<string, number & number[]>>)) {
      const spec = { ...probed, layer: layersOf(side).get(layer) };
      const [fit] = (await ask(side, [{ name: 'probe', spec }])) as [ProbeFit];
      const scores = { name: 'probeScores', spec, partKeys: ['fit'] };
      const evaluation = { name: 'probeEvaluation', spec, partKeys: ['0'] };
      const [, quality] = (await ask(side, [scores, evaluation], { fit })) as [unknown, EvaluationResult];
      expectAlike(fit.weights, Float64Array.from([...(wanted.weights as number[]), wanted.intercept as number]));
      const rounding = layer === 'visit_table' ? await roundingOfTies() : 0;
      expect(Math.abs(quality.auc - (wanted.auc as number))).toBeLessThan(1e-4 + rounding);
    }
  });

  test('has the same top examples of every unit', async () => {
    const questions = (side: 'tfjs' | 'onnx') =>
      Array.from({ length: 4 }, (_, unit) => ({
        name: 'topExamples',
        spec: { layer: layersOf(side).get('bounded'), unit },
      }));
    const [tfjs, onnx] = await Promise.all([ask('tfjs', questions('tfjs')), ask('onnx', questions('onnx'))]);
    expectAlike(tfjs, onnx);
  });

  test.each(['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'])(
    'attributes the logit alike to its features by %s',
    async (method) => {
      const question = [{ name: 'attribution', spec: { method, target: { space: 'LOGIT' }, steps: 20 } }];
      const [tfjs, onnx] = await Promise.all([ask('tfjs', question), ask('onnx', question)]);
      expectAlike(tfjs, onnx);
    },
  );
});
