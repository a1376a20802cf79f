import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ProjectionResult } from '../../src/analysis/projection/points.ts';
import type { SimilarityResult } from '../../src/analysis/similarity/similarity.ts';
import type { FrequencyBucket } from '../../src/analysis/tables/frequency.ts';
import type { NearestResult } from '../../src/analysis/tables/nearest.ts';
import { informationAbundance, type SpectrumResult, tableRank } from '../../src/analysis/tables/spectrum.ts';
import { type DistributionResult, histogramOf } from '../../src/analysis/units/distribution.ts';
import { openTwins } from '../compute/tfjs/twins.ts';
import { answersOf, type Toy, tableAnswersOf } from '../support/pass.ts';
import { statisticsNet } from '../support/statistics-nets.ts';
import { twin } from '../support/twin-rows.ts';

const expected = JSON.parse(readFileSync('test/fixtures/representations/expected.json', 'utf8'));

/** Of the largest: devices add up products of float32 in orders of their own. */
const float32Noise = 64 * 2 ** -24;

/** Each net with the layer that a name of the expected figures stands for. */
const nets: Record<string, { golden: string; toy: () => Toy | Promise<Toy>; layer?: (name: string) => RegExp }> = {
  'a dense net': { golden: 'dense', toy: () => statisticsNet('dense') },
  'a convolution': { golden: 'convolution', toy: () => statisticsNet('convolution') },
  'a sequence': { golden: 'sequence', toy: () => statisticsNet('sequence') },
  'a Keras net as ONNX': { golden: 'keras', toy: () => twin('onnx'), layer: (name) => new RegExp(`/${name}/`) },
  'a Keras net as TensorFlow.js': {
    golden: 'keras',
    toy: () => twin('tfjs'),
    layer: (name) => new RegExp(`/${name}/`),
  },
};

describe.each(Object.entries(nets))('%s, as NumPy and scikit-learn see it:', (_, { golden, toy, layer }) => {
  const { layers, similarity, projection, tables = {} } = expected[golden];
  const found = (names: readonly string[], name: string): number =>
    layer === undefined ? names.indexOf(name) : names.findIndex((other) => layer(name).test(other));

  test('similarity of all layers to 1e-6', async () => {
    const [result] = (await answersOf(await toy(), [{ name: 'similarity', spec: {} }])) as [SimilarityResult];
    const { base, candidate, values } = result;
    for (const [i, a] of layers.entries())
      for (const [j, b] of layers.entries()) {
        const [row, column] = [found(base, a), found(candidate, b)];
        expect([row, column], `${a} and ${b} of ${base}`).not.toContain(-1);
        expect(Math.abs((values[row * candidate.length + column] as number) - similarity[i][j])).toBeLessThan(1e-6);
      }
  });

  test('principal components to 1e-6, and where the rows lie on them to roundings of float32', async () => {
    const about = await toy();
    const [{ base }] = (await answersOf(about, [{ name: 'similarity', spec: {} }])) as [SimilarityResult];
    const questions = layers.map((name: string) => ({
      name: 'pca',
      spec: { layer: base[found(base, name)], components: projection[name].explainedVariance.length },
    }));
    const answers = (await answersOf(about, questions)) as ProjectionResult[];
    for (const [at, name] of layers.entries()) {
      const { explainedVariance, coordinates, components, row } = answers[at] as ProjectionResult;
      const wanted = projection[name];
      const tolerance = float32Noise * Math.max(...wanted.coordinates.flat().map(Math.abs));
      expect(row).toEqual(Float64Array.from(row, (_, index) => index));
      for (const [c, share] of wanted.explainedVariance.entries()) {
        expect(Math.abs((explainedVariance?.[c] as number) - share)).toBeLessThan(1e-6);
        for (const [index, point] of wanted.coordinates.entries())
          expect(Math.abs((coordinates[index * components + c] as number) - point[c])).toBeLessThan(tolerance);
      }
    }
  });

  test.each(Object.keys(tables))('the table of %s', async (feature) => {
    const about = await toy();
    const wanted = tables[feature];
    const table = await tableBehind(about, feature);
    const [norms, spectrum, closest] = (await tableAnswersOf(about, [
      { name: 'tableNorms', spec: { table } },
      { name: 'tableSpectrum', spec: { table } },
      { name: 'nearest', spec: { table, id: 1 } as never },
    ])) as [DistributionResult, SpectrumResult, NearestResult];
    const { edges, counts } = histogramOf(norms, 0, 10);
    expect(counts).toEqual(wanted.counts);
    expect(edges[0]).toBeCloseTo(wanted.range[0], 12);
    expect(edges.at(-1)).toBeCloseTo(wanted.range[1], 12);
    expect(informationAbundance(spectrum)).toBeCloseTo(wanted.informationAbundance, 9);
    expect(tableRank(spectrum)).toBeCloseTo(wanted.effectiveRank, 9);
    expect([...closest.id]).toEqual(wanted.nearest.map(([id]: [number]) => id));
    for (const [at, [, cosine]] of wanted.nearest.entries()) expect(closest.cosine[at]).toBeCloseTo(cosine, 12);
    const [buckets] = (await answersOf(about, [{ name: 'normByFrequency', spec: { table } }])) as [FrequencyBucket[]];
    expect(buckets.map(({ minimum, entryCount }) => [minimum, entryCount])).toEqual(
      wanted.frequency.map(([minimum, entryCount]: [number, number]) => [minimum, entryCount]),
    );
    for (const [at, [, , meanNorm]] of wanted.frequency.entries())
      if (meanNorm === null) expect(buckets[at]?.meanNorm).toBeNaN();
      else expect(buckets[at]?.meanNorm).toBeCloseTo(meanNorm, 12);
  });
});

/** Name of the weight behind a feature's input. */
async function tableBehind({ model }: Toy, feature: string): Promise<string> {
  if (!model.includes('keras')) return 'table';
  const { graph } = model.endsWith('json') ? (await openTwins()).tfjs : (await openTwins()).onnx;
  return graph.lookups.find(({ input }) => input === feature)?.table as string;
}

describe('two models over the same rows', () => {
  const beside = expected['dense beside convolution'];
  const toy = { ...statisticsNet('convolution'), base: statisticsNet('dense') };

  test('are as alike as NumPy says, a row for each layer of the base', async () => {
    const [{ base, candidate, values }] = (await answersOf(toy, [{ name: 'similarity', spec: {} }])) as [
      SimilarityResult,
    ];
    for (const [i, a] of beside.base.entries())
      for (const [j, b] of beside.candidate.entries()) {
        const at = base.indexOf(a) * candidate.length + candidate.indexOf(b);
        expect(Math.abs((values[at] as number) - beside.similarity[i][j])).toBeLessThan(1e-6);
      }
  });

  test('may be of different executors', async () => {
    const [onnx, tfjs] = [await twin('onnx'), await twin('tfjs')];
    const [{ base, candidate, values }] = (await answersOf({ ...tfjs, base: onnx }, [
      { name: 'similarity', spec: {} },
    ])) as [SimilarityResult];
    for (const name of ['hidden', 'bounded']) {
      const is = (other: string): boolean => other.includes(`/${name}/`);
      expect(values[base.findIndex(is) * candidate.length + candidate.findIndex(is)]).toBeCloseTo(1, 6);
    }
  });
});
