import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProbeFit, ProbeSpec } from '../../../src/analysis/probes/probe.ts';
import type { EvaluationResult } from '../../../src/analysis/quality/evaluation.ts';
import { temporaryFolder, writeParquet } from '../../data/parquet.ts';
import { answersOf, type Toy } from '../../support/pass.ts';
import { type StatisticsNet, statisticsNet } from '../../support/statistics-nets.ts';
import { denseManifest } from '../../support/toys.ts';

const defaults = { l2: 1, maxIterations: 100, tolerance: 1e-6 };

/** By scikit-learn: test/fixtures/generate/probes.py. */
interface Wanted {
  readonly l2: number;
  readonly weights: readonly number[];
  readonly intercept: number;
  readonly trainRowCount: number;
  readonly testRowCount: number;
  readonly trainAuc: number;
  readonly auc: number;
  readonly logLoss: number;
}

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

/** Rows on which all units saturate differ by the last bits of float32: an AUC in float64 tells them apart, by what is rounding. */
const nearTies: Record<string, number> = { bounded: 1e-3 };

const expected = JSON.parse(readFileSync('test/fixtures/probes/expected.json', 'utf8'));

describe.each(['dense', 'convolution', 'sequence'] as const)('on the net %s, as scikit-learn fits it', (net) => {
  const cases = Object.entries(expected[net] as Record<string, Wanted[]>).flatMap(([layer, fits]) =>
    fits.map((fit) => [layer, fit.l2, fit] as const),
  );
  test.each(cases)('layer %s with l2 = %s', async (layer, l2, wanted) => {
    expectLike(await probed(...(await halves(net)), { ...defaults, layer, l2 }), wanted, nearTies[layer]);
  });
});

test('a column above a threshold is a target too', async () => {
  const spec = { ...defaults, layer: 'hidden', column: { column: 'c1', above: 1.25 } };
  expectLike(await probed(...(await halves('dense')), spec), expected.above);
});

/** By scikit-learn: test/fixtures/generate/probes_rare.py. */
const rare = JSON.parse(readFileSync('test/fixtures/probes/rare.json', 'utf8')) as {
  readonly fits: readonly Pick<Wanted, 'l2' | 'weights' | 'intercept'>[];
};

test.each(rare.fits)('weights of units that few rows have are scikit-learn’s too, with l2 = $l2', async (wanted) => {
  const features = [0, 1, 2, 3, 4].map((index) => ({ name: `c${index}`, kind: 'NUMERIC', input: 'x', index }));
  const rows: Toy = {
    model: 'test/fixtures/probes/rare.onnx',
    manifest: { score: { output: 'score' }, features },
    rows: 'test/fixtures/probes/rare.parquet',
    label: 'label',
  };
  const spec = { ...defaults, layer: 'hidden', l2: wanted.l2 };
  const [fit] = (await answersOf(rows, [{ name: 'probe', spec }])) as [ProbeFit];
  const differences = wanted.weights.map((weight, unit) => Math.abs(weight - (fit.weights[unit] as number)));
  expect(Math.max(...differences)).toBeLessThan(1e-3);
  expect(fit.weights.at(-1)).toBeCloseTo(wanted.intercept, 3);
  expect([fit.converged, fit.iterations <= 12]).toEqual([true, true]);
});

/** The first 1,000 rows, and the rest. */
async function halves(net: StatisticsNet): Promise<[Toy, Toy]> {
  const folder = await temporaryFolder();
  const about = statisticsNet(net);
  const rows = `FROM read_parquet('${about.rows}')`;
  const [train, test_] = await Promise.all([
    writeParquet(join(folder, 'train.parquet'), `${rows} LIMIT 1000`),
    writeParquet(join(folder, 'test.parquet'), `${rows} OFFSET 1000`),
  ]);
  return [
    { ...about, rows: train },
    { ...about, rows: test_ },
  ];
}

function expectLike({ fit, train, test: judged }: Fitted, wanted: Wanted, aucTolerance = 1e-4): void {
  expect(fit.converged).toBe(true);
  expect(fit.rowCount).toBe(wanted.trainRowCount);
  expect(judged.rowCount).toBe(wanted.testRowCount);
  const difference = Math.max(
    ...[...wanted.weights, wanted.intercept].map((weight, at) => Math.abs(weight - (fit.weights[at] ?? 0))),
  );
  expect(difference).toBeLessThan(1e-3);
  expect(Math.abs(train.auc - wanted.trainAuc)).toBeLessThan(aucTolerance);
  expect(Math.abs(judged.auc - wanted.auc)).toBeLessThan(aucTolerance);
  expect(Math.abs(judged.logLoss - wanted.logLoss)).toBeLessThan(1e-4);
}

/** The toy net over rows of (a, b, c, label): test/fixtures/toys/README.md. */
async function toy(select: string): Promise<Toy> {
  const rows = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), select);
  return { model: 'test/fixtures/toys/dense.onnx', manifest: denseManifest(), rows, label: 'y' };
}
const own = async (rows: Toy, spec: Partial<ProbeSpec> & { layer: string }): Promise<Fitted> =>
  probed(rows, rows, { ...defaults, ...spec });

describe('laws', () => {
  test('a probe of the logit has the model’s own AUC, or what is left of 1 where it goes the other way', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), async (seed) => {
        const random = (at: number) => `hash(range + ${seed * 10 + at}) % 64 / 64.0 - 0.5`;
        const rows = await toy(
          `SELECT ${random(0)} AS a, ${random(1)} AS b, ${random(2)} AS c, hash(range + ${seed + 3}) % 2 AS y FROM range(300)`,
        );
        const [, evaluation] = (await answersOf(rows, [
          { name: 'scores', spec: {} },
          { name: 'evaluation', spec: {}, partKeys: ['0'] },
        ])) as [unknown, EvaluationResult];
        const { fit, train } = await own(rows, { layer: 'logit' });
        expect(train.auc).toBeCloseTo((fit.weights[0] as number) > 0 ? evaluation.auc : 1 - evaluation.auc, 4);
      }),
      { numRuns: 4 },
    ));

  test('rows that are alike are ties, wherever they stand in a batch', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 7, max: 40 }), fc.nat({ max: 900 }), async (count, first) => {
        const net = statisticsNet('dense');
        const one = `SELECT * EXCLUDE (label) FROM read_parquet('${net.rows}') LIMIT 1 OFFSET`;
        const kinds = `(SELECT *, 0 AS kind FROM (${one} ${first}) UNION ALL SELECT *, 1 AS kind FROM (${one} ${first + 1}))`;
        const select = `SELECT * EXCLUDE (kind, i), (i % 3 = 0)::INT AS label FROM ${kinds} JOIN range(${count}) AS t(i) ON kind = i % 2 ORDER BY i`;
        const rows = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), select);
        const { auc } = (await own({ ...net, rows, label: 'label' }, { layer: 'hidden' })).train;
        // All positives of the one kind are above all negatives of the other.
        const of = (kind: number, label: boolean) =>
          Array.from({ length: count }, (_, at) => at).filter((at) => at % 2 === kind && (at % 3 === 0) === label)
            .length;
        const ties = of(0, true) * of(0, false) + of(1, true) * of(1, false);
        const [one_, other] = [of(0, true) * of(1, false), of(1, true) * of(0, false)];
        const either = [one_, other].map((above) => (above + ties / 2) / (ties + one_ + other));
        expect(either).toContainEqual(expect.closeTo(auc, 12));
      }),
      { numRuns: 5 },
    ));

  test.each([0, 1, 2, 3])('a control is near one half, whatever the labels and the seed: %i', async (controlSeed) => {
    const { train, test: again } = await own(statisticsNet('dense'), { layer: 'hidden', controlSeed });
    // 1,350 labelled rows: the AUC of noise has a standard deviation of 0.016, and five weights find some of it.
    expect(Math.abs(train.auc - 0.5)).toBeLessThan(0.08);
    expect(again).toEqual(train);
    expect(train.rowCount).toBeGreaterThan(1300);
  });
});

describe('a regularised answer, and never NaN,', () => {
  const finite = ({ fit }: Fitted): boolean => [...fit.weights].every(Number.isFinite);
  const logitOfRows = 'SELECT range::DOUBLE AS a, 0.0 AS b, 0.0 AS c';

  test('where the classes can be told apart without an error', async () => {
    const rows = await toy(`${logitOfRows}, (range >= 50)::INT AS y FROM range(100)`);
    const fitted = await own(rows, { layer: 'logit' });
    expect(fitted.fit.converged).toBe(true);
    expect(fitted.train.auc).toBe(1);
    expect(finite(fitted)).toBe(true);
    const free = await own(rows, { layer: 'logit', l2: 0, maxIterations: 20 });
    expect(finite(free)).toBe(true);
    expect(Math.abs(free.fit.weights[0] as number)).toBeGreaterThan(Math.abs(fitted.fit.weights[0] as number));
    expect(free.train.auc).toBe(1);
  });

  test('where every unit is constant: the base rate', async () => {
    const fitted = await own(await toy('SELECT 1.0 AS a, 2.0 AS b, 3.0 AS c, (range < 25)::INT AS y FROM range(100)'), {
      layer: 'hidden',
    });
    expect([...fitted.fit.weights.subarray(0, -1)]).toEqual([0, 0]);
    expect(fitted.fit.weights.at(-1)).toBeCloseTo(Math.log(25 / 75), 6);
    expect(fitted.train.auc).toBe(0.5);
  });

  test.each([
    [0, 'range < 0'],
    [1, 'range >= 0'],
  ])('where every label is %i: no AUC, and only an intercept', async (_, condition) => {
    const fitted = await own(await toy(`${logitOfRows}, (${condition})::INT AS y FROM range(100)`), { layer: 'logit' });
    expect(fitted.train.auc).toBeNaN();
    expect(fitted.fit).toMatchObject({ iterations: 0, converged: true });
    expect(finite(fitted)).toBe(true);
    expect(Math.abs(fitted.fit.weights.at(-1) as number)).toBeCloseTo(Math.log(100.5 / 0.5), 6);
  });

  test('after as many steps as it may take, saying so', async () => {
    const rows = await toy(`${logitOfRows}, (range >= 50)::INT AS y FROM range(100)`);
    expect((await own(rows, { layer: 'logit', maxIterations: 1 })).fit).toMatchObject({
      iterations: 1,
      converged: false,
    });
  });
});

test('rounding does not keep it from ending: on the hours of 240,000 flights, whose few entries are summed again and again', async () => {
  const example = 'examples/flights/v1';
  const flights = {
    model: join(example, 'model.onnx'),
    manifest: JSON.parse(readFileSync(join(example, 'manifest.json'), 'utf8')),
    rows: 'examples/flights/flights.parquet',
    label: 'late',
    selection: { partitions: null, where: [{ column: 'month', op: 'LTE', value: 9 }], invalid: 'FAIL' },
  } as const;
  const [fit] = (await answersOf(flights, [{ name: 'probe', spec: { ...defaults, layer: 'embedding_5' } }])) as [
    ProbeFit,
  ];
  expect(fit.converged).toBe(true);
  expect(fit.iterations).toBeLessThan(8);
});

test('rows without a target are left out; without any there is nothing to fit, or nothing to judge by', async () => {
  const labelled =
    'SELECT range::DOUBLE AS a, 0.0 AS b, 0.0 AS c, IF(range % 3 = 0, NULL, range % 2) AS y FROM range(30)';
  const { fit, train } = await own(await toy(labelled), { layer: 'logit' });
  expect([fit.rowCount, train.rowCount]).toEqual([20, 20]);
  const none = await toy('SELECT 1.0 AS a, 2.0 AS b, 3.0 AS c, CAST(NULL AS INT) AS y FROM range(10)');
  await expect(own(none, { layer: 'logit' })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    details: { argument: 'train' },
  });
  const spec = { ...defaults, layer: 'logit' };
  await expect(answersOf(none, [{ name: 'probeScores', spec, partKeys: ['fit'] }], { fit })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    details: { argument: 'test' },
  });
});

test('a target that is neither 0 nor 1 is refused, naming the row', async () => {
  const rows = await toy('SELECT range::DOUBLE AS a, 0.0 AS b, 0.0 AS c, range % 2 AS y FROM range(10)');
  const refused = own(rows, { layer: 'logit', column: { column: 'a' } });
  await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: /row 2 has 2 in the column “a”/ });
  const { fit } = await own(rows, { layer: 'logit', column: { column: 'a', equals: 3 } });
  expect(fit.positiveCount).toBe(1);
});
