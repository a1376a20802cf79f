import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EvaluationResult } from '../../src/analysis/evaluation.ts';
import type { ProbeFit, ProbeSpec } from '../../src/analysis/probe.ts';
import { temporaryFolder, writeParquet } from '../data/parquet.ts';
import { answersOf, type Toy } from '../support/pass.ts';

const features = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `c${at}`,
    kind: 'NUMERIC',
    column: `c${at}`,
    input: 'x',
    index: at,
  }));
const score = { output: 'score', index: 0, space: 'PROBABILITY' };
const manifests: Record<string, object> = {
  dense: { score, features: features(5) },
  convolution: { score, features: features(16) },
  sequence: {
    score,
    features: [{ name: 'ids', kind: 'SEQUENCE', column: 'ids', input: 'ids', length: 6, padding: 0 }],
  },
};
const defaults = { l2: 1, maxIterations: 100, tolerance: 1e-6 };

interface Fitted {
  readonly fit: ProbeFit;
  readonly train: EvaluationResult;
  readonly test: EvaluationResult;
}

/** Fitted on some rows, and judged on those and on others. */
async function probed(train: Toy, judged: Toy, spec: ProbeSpec): Promise<Fitted> {
  const [fit] = (await answersOf(train, [{ name: 'probe', spec }])) as [ProbeFit];
  const judge = async (toy: Toy): Promise<EvaluationResult> => {
    const questions = [
      { name: 'probeScores', spec, partKeys: ['fit'] },
      { name: 'probeEvaluation', spec, partKeys: ['0'] },
    ];
    return (await answersOf(toy, questions, { fit }))[1] as EvaluationResult;
  };
  return { fit, train: await judge(train), test: await judge(judged) };
}

const expected = JSON.parse(readFileSync('test/fixtures/probes/expected.json', 'utf8'));

describe.each(['dense', 'convolution', 'sequence'])('on the net %s, as scikit-learn fits it', (net) => {
  const cases = Object.entries(expected[net] as Record<string, { l2: number }[]>).flatMap(([layer, fits]) =>
    fits.map((fit) => [layer, fit.l2, fit] as const),
  );
  test.each(cases)('layer %s with l2 = %s', async (layer, l2, wanted) => {
    expectLike(await probed(...(await halves(net)), { ...defaults, layer, l2 }), wanted);
  });

  test.runIf(net === 'dense')('to a column above a threshold', async () => {
    const spec = { ...defaults, layer: 'hidden', column: { column: 'c1', above: 1.25 } };
    expectLike(await probed(...(await halves(net)), spec), expected.above);
  });
});

/** The first 1,000 rows, and the rest. */
async function halves(net: string): Promise<[Toy, Toy]> {
  const folder = await temporaryFolder();
  const rows = `FROM read_parquet('test/fixtures/statistics/${net}.parquet')`;
  const about = { model: `test/fixtures/statistics/${net}.onnx`, manifest: manifests[net], label: 'label' };
  const [train, test_] = await Promise.all([
    writeParquet(join(folder, 'train.parquet'), `${rows} LIMIT 1000`),
    writeParquet(join(folder, 'test.parquet'), `${rows} OFFSET 1000`),
  ]);
  return [
    { ...about, rows: train },
    { ...about, rows: test_ },
  ];
}

function expectLike({ fit, train, test: judged }: Fitted, wanted: Record<string, number & number[]>): void {
  expect(fit.converged).toBe(true);
  expect(fit.rowCount).toBe(wanted.trainRowCount);
  expect(judged.rowCount).toBe(wanted.testRowCount);
  const difference = Math.max(
    ...[...(wanted.weights as number[]), wanted.intercept].map((weight, at) => Math.abs((weight as number) - (fit.weights[at] as number))),
  );
  expect(difference).toBeLessThan(1e-3);
  expect(Math.abs(train.auc - (wanted.trainAuc as number))).toBeLessThan(1e-4);
  expect(Math.abs(judged.auc - (wanted.auc as number))).toBeLessThan(1e-4);
  expect(Math.abs(judged.logLoss - (wanted.logLoss as number))).toBeLessThan(1e-4);
}
