import { attributionMethods } from '../../src/analysis/attributions/method.ts';
import type { ProbeFit } from '../../src/analysis/probes/probe.ts';
import type { NearestSpec } from '../../src/analysis/tables/nearest.ts';
import type { TableSpec } from '../../src/analysis/tables/table-analysis.ts';
import type { ScoreSource, Scores } from '../../src/data/scores/file.ts';
import type { Question } from './folds.ts';

/** Of every analysis in registry.ts, by its kind: what the laws hold for, and whose results are watched for changes. */
const hidden = { layer: 'hidden' };

/** All that needs no other rows at once: means are as their parts would have found them. */
const intervened: readonly Question[] = [
  {
    name: 'scores',
    spec: {
      interventions: [
        { of: 'FEATURE', feature: 0, column: 'a', mode: 'SCALE', value: -2 },
        { of: 'FEATURE', feature: 1, column: 'b', mode: 'MEAN' },
        { of: 'UNITS', ...hidden, units: [0], mode: 'SCALE', value: 0.5 },
        { of: 'UNITS', ...hidden, units: [1], mode: 'SET', value: 3 },
        { of: 'UNITS', ...hidden, units: [2], mode: 'MEAN' },
      ],
    },
    parts: [0.75, { mean: Float64Array.of(1, 2, 0.25) }],
  },
  { name: 'scores', spec: { interventions: [{ of: 'FEATURE', feature: 1, mode: 'SET', row: { x: [0, 0.125] } }] } },
];

/** Figures of each unit by itself. */
export const ofUnits: readonly Question[] = [
  { name: 'moments', spec: hidden },
  { name: 'extremes', spec: hidden },
  { name: 'covariance', spec: hidden },
  { name: 'distribution', spec: hidden },
  { name: 'unitSketch', spec: hidden },
];

const probing = { ...hidden, l2: 1, maxIterations: 100, tolerance: 1e-6 };
/** As its part would have found it. */
const fit: ProbeFit = {
  centre: Float32Array.of(0.5, 1, -0.25),
  deviation: Float64Array.of(2, 4, 3),
  rowCount: 20,
  positiveCount: 8,
  weights: Float64Array.of(0.25, 0.5, -1, -0.5),
  iterations: 4,
  converged: true,
};

const others: readonly Question[] = [
  { name: 'topExamples', spec: { ...hidden, unit: 1 } },
  { name: 'notFiniteRow', spec: { ...hidden, unit: 1 } },
  { name: 'scores', spec: {} },
  ...intervened,
  { name: 'similarity', spec: {} },
  // Its second sweep projects in float32, along axes that merging moves by a rounding of float64.
  { name: 'pca', spec: { ...hidden, components: 2 }, tolerance: 1e-6 },
  { name: 'tsne', spec: { ...hidden, components: 2, seed: 1 }, fewestRows: 4 },
  { name: 'probe', spec: probing },
  { name: 'probe', spec: { ...probing, controlSeed: 7 } },
  { name: 'probeScores', spec: probing, parts: [fit] },
  { name: 'normByFrequency', spec: { table: 'table' }, toy: 'lookup' },
];

/** Of what the logit of this net does not have: curvature. */
const target = { space: 'PROBABILITY' };
const ofTarget = ({ spec, ...question }: Question): Question => ({
  ...question,
  spec: { samples: 3, noise: 0.1, steps: 3, target, ...spec },
});
const drawnFrom = { rowCount: 3, carriers: { x: Float32Array.of(0, 1, -2, 0.5, 4, 4) } };

export const attributions: readonly Question[] = [
  ...attributionMethods
    .filter((method) => method !== 'FEATURE_PERMUTATION')
    .map((method) => ({ name: 'attribution', spec: { method } })),
  { name: 'attribution', spec: { method: 'INTEGRATED_GRADIENTS', baseline: { kind: 'MEAN' } } },
  { name: 'attribution', spec: { method: 'GRADIENT_SHAP', noise: 0.5 } },
  { name: 'attribution', spec: { method: 'GRADIENT_SHAP', baseline: { kind: 'DRAWN' } }, parts: [drawnFrom] },
  { name: 'explanations', spec: { method: 'SHAPLEY_SAMPLING' } },
  { name: 'baselineRows', spec: {} },
  { name: 'conductance', spec: { ...hidden, steps: 4 } },
  { name: 'interactions', spec: { method: 'ABLATION', features: [0, 1] } },
  { name: 'interactions', spec: { method: 'HESSIAN', features: [0, 1] } },
  { name: 'response', spec: { feature: 1, values: [-1, 0, 2] } },
].map(ofTarget);

/** Its rows lend one another their values, so that it has no shards. */
const permutation: Question = ofTarget({
  name: 'attribution',
  spec: { method: 'FEATURE_PERMUTATION', samples: 2, seed: 3 },
});

/** The same of whatever else takes values of other rows. */
export const lending: readonly Question[] = [
  permutation,
  {
    name: 'scores',
    spec: {
      interventions: [
        { of: 'FEATURES', features: [0], mode: 'SHUFFLE' },
        { of: 'UNITS', ...hidden, units: [0, 2], mode: 'SHUFFLE' },
        { of: 'UNITS', ...hidden, units: [1], mode: 'SCALE', value: 2 },
        { of: 'UNITS', layer: 'logit', mode: 'SHUFFLE' },
      ],
    },
  },
  { name: 'scores', spec: { interventions: [{ of: 'FEATURES', features: [0, 1], mode: 'SHUFFLE' }] } },
];

export const withShards: readonly Question[] = [...ofUnits, ...others, ...attributions];

/** Answers another question about the same rows. */
type Answer = (question: Question) => Promise<unknown>;

/** A question that is read off other results: those of its parts, the scores when omitted. */
export interface ReadingQuestion {
  readonly name: string;
  readonly spec: object;
  parts?(answer: Answer): Promise<unknown[]>;
  /** Its result names rows by their index. */
  readonly namesRows?: boolean;
}

export const scoresAlone = async (answer: Answer): Promise<unknown[]> => [await answer({ name: 'scores', spec: {} })];

/** Scores of a model that is less sure where the other one is less sure: their squares. */
async function twoScores(answer: Answer): Promise<unknown[]> {
  const candidate = (await answer({ name: 'scores', spec: {} })) as ScoreSource;
  const stretches: Scores[] = [];
  for await (const { row, output, label } of candidate.stretches())
    stretches.push({ row, output: output.map((score) => score * score), label });
  const { scale, precision, rowCount } = candidate;
  const base: ScoreSource = { scale, precision, rowCount, stretches: () => stretches };
  return [candidate, base];
}

const both = { candidate: {}, base: {} };
const ofHidden = async (answer: Answer, name: string): Promise<unknown> => answer({ name, spec: hidden });

export const readings: readonly ReadingQuestion[] = [
  { name: 'comparison', spec: both, parts: twoScores },
  { name: 'comparisonSlices', spec: { ...both, by: 'group' }, parts: twoScores },
  { name: 'flips', spec: { ...both, threshold: 0.5 }, parts: twoScores },
  { name: 'disagreements', spec: both, parts: twoScores, namesRows: true },
  { name: 'scoreShift', spec: { current: {}, reference: {} }, parts: twoScores },
  { name: 'scoreShiftByPartition', spec: { current: {}, reference: {} }, parts: twoScores },
  { name: 'scoresByPartition', spec: {} },
  {
    name: 'unitShift',
    spec: hidden,
    async parts(answer) {
      const [sketch, moments] = [await ofHidden(answer, 'unitSketch'), await ofHidden(answer, 'moments')];
      return [sketch, sketch, moments, moments];
    },
  },
  {
    name: 'covarianceSimilarity',
    spec: hidden,
    async parts(answer) {
      const covariance = await ofHidden(answer, 'covariance');
      return [covariance, covariance];
    },
  },
  { name: 'evaluation', spec: {} },
  { name: 'probeEvaluation', spec: {} },
  { name: 'calibration', spec: { bins: 10 } },
  { name: 'curve', spec: { kind: 'ROC', points: 5 } },
  { name: 'confusion', spec: { threshold: 0.5 } },
  { name: 'gauc', spec: { by: 'group' } },
  { name: 'slices', spec: { by: 'group' } },
  { name: 'weakSegments', spec: { columns: ['group'], minimumRows: 1 } },
];

/** Of rows alone: those of the example. */
export const ofRows: readonly { readonly name: string; readonly spec: object }[] = [
  { name: 'columnStatistics', spec: {} },
  { name: 'grid', spec: { column: 'distance', count: 5, values: 'QUANTILES' } },
  { name: 'grid', spec: { column: 'carrier', count: 3, values: 'MOST_FREQUENT' } },
  { name: 'columnMean', spec: { column: 'distance' } },
  { name: 'rowPage', spec: { after: 3, count: 4 } },
  {
    name: 'columnShift',
    spec: {
      columns: [
        { column: 'distance', isCategory: false },
        { column: 'carrier', isCategory: true },
      ],
    },
  },
];

export const ofTables: readonly { readonly name: string; readonly spec: TableSpec | NearestSpec }[] = [
  { name: 'tableNorms', spec: { table: 'table' } },
  { name: 'tableSpectrum', spec: { table: 'table' } },
  { name: 'nearest', spec: { table: 'table', id: 3 } },
];
