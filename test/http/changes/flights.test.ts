// @module-tag any-database
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** By NumPy, SciPy, scikit-learn and PyTorch: test/fixtures/generate/changes.py. */
const expected = JSON.parse(await readFile('test/fixtures/changes/flights.json', 'utf8'));

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true, patienceMs: 240_000 });
});
afterAll(() => server[Symbol.asyncDispose]());

const close = (value: number | null, digits = 9) => (value === null ? null : expect.closeTo(value, digits));
const shift = 'psi jensenShannon ks wasserstein';
const shiftOf = (figures: Record<string, number>, digits = 9) => ({
  psi: close(figures.psi ?? null, digits),
  jensenShannon: close(figures.jensenShannon ?? null, digits),
  ks: close(figures.ks ?? null, digits),
  wasserstein: close(figures.wasserstein ?? null, digits),
});

describe('drift of the flights from January to September to October to December', () => {
  const rows = `reference: { dataset: "flights", partitionRange: { to: "9" } }
                current: { dataset: "flights", partitionRange: { from: "10" } }`;

  test('is what SciPy says of scores and features', async () => {
    const { model } = await answered(server.ask)<{ model: { drift: { features: object[] } } }>(`{
      model(name: "flights", version: "2") {
        drift(${rows}) {
          score { ${shift} } aucReference aucCurrent
          features { feature { name } shift { ${shift} } missingReference missingCurrent unseen }
        }
      }
    }`);
    const { features, ...whole } = model.drift;
    const { score, aucReference, aucCurrent } = expected.drift;
    expect(whole).toEqual({
      score: shiftOf(score, 6),
      aucReference: close(aucReference, 6),
      aucCurrent: close(aucCurrent, 6),
    });
    const found = Object.entries<Record<string, number>>(expected.drift.features).map(([name, figures]) => ({
      feature: { name },
      shift: shiftOf(figures),
      missingReference: close(figures.missingReference as number),
      missingCurrent: close(figures.missingCurrent as number),
      unseen: close(figures.unseen ?? null),
    }));
    expect(features).toHaveLength(found.length);
    expect(features).toEqual(expect.arrayContaining(found));
    const psis = (features as { shift: { psi: number } }[]).map((one) => one.shift.psi);
    expect(psis).toEqual(psis.toSorted((a, b) => b - a));
  });

  test('is within 0.01 of it of neurons, and their covariance goes together as NumPy says', async () => {
    interface Neuron {
      readonly neuron: { readonly index: number; readonly layer: { readonly name: string } };
      readonly shift: Record<string, number>;
      readonly meanChange: number;
      readonly standardDeviationRatio: number;
    }
    interface Layer {
      readonly layer: { readonly name: string };
      readonly meanPsi: number;
      readonly maxPsi: number;
      readonly driftedUnits: number;
      readonly covarianceSimilarity: number;
    }
    const { model } = await answered(server.ask)<{ model: { drift: { neurons: Neuron[]; layers: Layer[] } } }>(`{
      model(name: "flights", version: "2") {
        drift(${rows}) {
          neurons(first: 10000) { neuron { index layer { name } } shift { ${shift} } meanChange standardDeviationRatio }
          layers { layer { name } meanPsi maxPsi driftedUnits covarianceSimilarity }
        }
      }
    }`);
    const { neurons, layers } = model.drift;
    for (const [name, units] of Object.entries<Record<string, number>[]>(expected.drift.neurons)) {
      const own = neurons.filter(({ neuron }) => neuron.layer.name === name);
      expect(own).toHaveLength(units.length);
      for (const { neuron, shift: found, meanChange, standardDeviationRatio } of own) {
        const unit = units[neuron.index] as Record<string, number>;
        for (const figure of ['psi', 'ks', 'wasserstein'])
          expect(Math.abs((found[figure] as number) - (unit[figure] as number))).toBeLessThan(0.01);
        expect(meanChange).toEqual(close(unit.meanChange as number, 5));
        expect(standardDeviationRatio).toEqual(close(unit.standardDeviationRatio as number, 5));
      }
      const psis = own.map((one) => one.shift.psi as number);
      const layer = layers.find((one) => one.layer.name === name) as Layer;
      expect(layer.maxPsi).toBe(Math.max(...psis));
      expect(layer.driftedUnits).toBe(psis.filter((psi) => psi > 0.25).length);
      expect(layer.meanPsi).toEqual(close(psis.reduce((sum, psi) => sum + psi, 0) / psis.length));
    }
    for (const [name, similarity] of Object.entries<number>(expected.drift.covarianceSimilarity))
      expect(layers.find(({ layer }) => layer.name === name)?.covarianceSimilarity).toEqual(close(similarity, 6));
  });

  test('runs the model over either rows once, whatever is asked', async () => {
    const months =
      'reference: { dataset: "flights", partitions: ["9"] }, current: { dataset: "flights", partitions: ["10"] }';
    const { errors, extensions } = await server.ask(
      `{
        model(name: "flights", version: "1") {
          drift(${months}) {
            score { psi } aucCurrent features { shift { psi } saliencyShareReference saliencyShareCurrent }
            layers { meanPsi covarianceSimilarity } neurons { meanChange } saliencyRankCorrelation saliencyNdcg plot
          }
        }
      }`,
      {},
      { 'x-glassgraph-plan': '1' },
    );
    expect(errors).toEqual([]);
    const swept = extensions.plan.passes.filter(({ analyses }: { analyses: object[] }) => analyses.length > 0);
    expect(swept).toHaveLength(2);
  });

  test('from rows to themselves is none', async () => {
    const same = '{ dataset: "flights", partitions: ["2"] }';
    const { model } = await answered(server.ask)<{ model: { drift: Record<string, unknown> } }>(`{
      model(name: "flights", version: "1") {
        drift(reference: ${same}, current: ${same}) {
          score { ${shift} } features { shift { psi jensenShannon } unseen } saliencyRankCorrelation saliencyNdcg
          layers { maxPsi driftedUnits covarianceSimilarity } neurons(first: 1) { shift { ${shift} } meanChange }
        }
      }
    }`);
    const none = { psi: 0, jensenShannon: 0, ks: 0, wasserstein: 0 };
    const { drift } = model as { drift: Record<string, { shift?: object; unseen?: number | null }[]> };
    expect(drift).toMatchObject({ score: none, saliencyRankCorrelation: 1, saliencyNdcg: 1 });
    expect(drift.neurons).toEqual([{ shift: none, meanChange: 0 }]);
    for (const feature of drift.features ?? []) {
      expect(feature.shift).toEqual({ psi: 0, jensenShannon: 0 });
      expect(feature.unseen ?? 0).toBe(0);
    }
    for (const layer of drift.layers ?? [])
      expect(layer).toEqual({ maxPsi: 0, driftedUnits: 0, covarianceSimilarity: expect.closeTo(1, 12) });
  });
});

describe('version 2 of the flights beside version 1, on October to December', () => {
  const rows = 'rows: { dataset: "flights", partitionRange: { from: "10" } }';
  const compared = `version: "2") { comparison(with: { name: "flights", version: "1" }, ${rows})`;
  const slice = `slice rowCount baseAuc candidateAuc aucDifference aucDifferenceInterval { low high level } aucPValue
                 logLossDifference meanScoreDifference`;
  const sliceOf = (name: string, figures: Record<string, number> & { interval: [number, number] }) => ({
    slice: name,
    rowCount: figures.rowCount,
    baseAuc: close(figures.baseAuc as number, 6),
    candidateAuc: close(figures.candidateAuc as number, 6),
    aucDifference: close(figures.aucDifference as number, 6),
    aucDifferenceInterval: { low: close(figures.interval[0], 6), high: close(figures.interval[1], 6), level: 0.95 },
    aucPValue: close(figures.aucPValue as number, 9),
    logLossDifference: close(figures.logLossDifference as number, 6),
    meanScoreDifference: close(figures.meanScoreDifference as number, 6),
  });

  test('is worse by as much as scikit-learn and DeLong say, in all, by month and by airport', async () => {
    const { model } = await answered(server.ask)<{ model: { comparison: Record<string, unknown> } }>(`{
      model(name: "flights", ${compared} {
        baseEvaluation { auc } candidateEvaluation { auc }
        aucDifference aucDifferenceInterval { low high level } aucPValue logLossDifference scoreCorrelation
        meanAbsoluteDifference flipRate score { ${shift} }
        byPartition { ${slice} } slices(by: "origin") { ${slice} }
        disagreements { row { index } baseScore candidateScore }
      } }
    }`);
    const { byPartition, slices, disagreements, ...whole } = model.comparison;
    const figures = expected.comparison;
    const { slice: _, rowCount, meanScoreDifference, baseAuc, candidateAuc, ...differences } = sliceOf('', figures);
    expect(whole).toEqual({
      ...differences,
      baseEvaluation: { auc: baseAuc },
      candidateEvaluation: { auc: candidateAuc },
      scoreCorrelation: close(figures.scoreCorrelation, 6),
      meanAbsoluteDifference: close(figures.meanAbsoluteDifference, 6),
      flipRate: close(figures.flipRate, 4),
      score: shiftOf(figures.score, 5),
    });
    expect(byPartition).toEqual(
      Object.entries(figures.byPartition).map(([name, one]) => sliceOf(name, one as Parameters<typeof sliceOf>[1])),
    );
    expect(slices).toHaveLength(3);
    expect(slices).toEqual(
      expect.arrayContaining(
        Object.entries(figures.byOrigin).map(([name, one]) => sliceOf(name, one as Parameters<typeof sliceOf>[1])),
      ),
    );
    const furthest = disagreements as { row: { index: number }; baseScore: number; candidateScore: number }[];
    expect(furthest.map(({ row }) => row.index)).toEqual(figures.disagreements);
    const apart = furthest.map(({ baseScore, candidateScore }) => Math.abs(candidateScore - baseScore));
    expect(apart).toEqual(apart.toSorted((a, b) => b - a));
  });

  test('has layers that are like its own, features in much the same order, and a plot', async () => {
    const { model } = await answered(server.ask)<{
      model: {
        comparison: { similarity: { values: number[][] }; saliencyRankCorrelation: number; plot: { title: object } };
      };
    }>(`{
      model(name: "flights", ${compared} { similarity { values } saliencyRankCorrelation plot } }
    }`);
    const { similarity, saliencyRankCorrelation, plot } = model.comparison;
    expect(similarity.values.flat().every((cka) => cka >= 0 && cka <= 1)).toBe(true);
    expect(saliencyRankCorrelation).toBeGreaterThan(0.9);
    expect(JSON.stringify(plot)).toContain('flights 2');
  });

  test('the other way round differs as much with the other sign; with itself by nothing', async () => {
    const { swapped, itself } = await answered(server.ask)<Record<string, { comparison: Record<string, number> }>>(`{
      swapped: model(name: "flights", version: "1") {
        comparison(with: { name: "flights", version: "2" }, ${rows}) { aucDifference flipRate score { ks } }
      }
      itself: model(name: "flights", version: "1") {
        comparison(with: { name: "flights", version: "1" }, ${rows}) {
          aucDifference aucPValue scoreCorrelation meanAbsoluteDifference flipRate score { ${shift} } saliencyRankCorrelation
        }
      }
    }`);
    expect(swapped?.comparison).toEqual({
      aucDifference: close(-expected.comparison.aucDifference, 6),
      flipRate: close(expected.comparison.flipRate, 4),
      score: { ks: close(expected.comparison.score.ks, 5) },
    });
    expect(itself?.comparison).toEqual({
      aucDifference: 0,
      aucPValue: null,
      scoreCorrelation: 1,
      meanAbsoluteDifference: 0,
      flipRate: 0,
      score: { psi: 0, jensenShannon: 0, ks: 0, wasserstein: 0 },
      saliencyRankCorrelation: 1,
    });
  });

  test('may be a model of another format and executor', async () => {
    const { model } = await answered(server.ask)<{ model: { comparison: Record<string, never> } }>(`{
      model(name: "flights-tfjs") {
        comparison(with: { name: "flights", version: "1" }, rows: { dataset: "flights", partitions: ["12"], sample: 2000 }) {
          base { executor { name } } candidate { executor { name } }
          aucDifference baseEvaluation { auc } candidateEvaluation { auc }
          similarity { values } saliencyRankCorrelation
        }
      }
    }`);
    const { base, candidate, aucDifference, baseEvaluation, candidateEvaluation } = model.comparison as never as {
      base: object;
      candidate: object;
      aucDifference: number;
      baseEvaluation: { auc: number };
      candidateEvaluation: { auc: number };
    };
    expect(base).toEqual({ executor: { name: 'ONNXRUNTIME' } });
    expect(candidate).toEqual({ executor: { name: 'TFJS' } });
    expect(aucDifference).toEqual(close(candidateEvaluation.auc - baseEvaluation.auc));
  });
});
