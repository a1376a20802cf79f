import { attributionMethods } from '../../src/analysis/attributions/method.ts';
import type { ProbeFit } from '../../src/analysis/probes/probe.ts';
import type { NearestSpec } from '../../src/analysis/tables/nearest.ts';
import type { TableSpec } from '../../src/analysis/tables/table-analysis.ts';
import type { Question } from './folds.ts';

/** Of every analysis in registry.ts, by its kind: what the laws hold for, and whose results are watched for changes. */
const hidden = { layer: 'hidden' };

/** Figures of each unit by itself. */
export const ofUnits: readonly Question[] = [
  { name: 'moments', spec: hidden },
  { name: 'extremes', spec: hidden },
  { name: 'covariance', spec: hidden },
  { name: 'distribution', spec: hidden },
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
export const permutation: Question = ofTarget({
  name: 'attribution',
  spec: { method: 'FEATURE_PERMUTATION', samples: 2, seed: 3 },
});

export const withShards: readonly Question[] = [...ofUnits, ...others, ...attributions];

export const readings: readonly { readonly name: string; readonly spec: object }[] = [
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
  { name: 'rowPage', spec: { after: 3, count: 4 } },
];

export const ofTables: readonly { readonly name: string; readonly spec: TableSpec | NearestSpec }[] = [
  { name: 'tableNorms', spec: { table: 'table' } },
  { name: 'tableSpectrum', spec: { table: 'table' } },
  { name: 'nearest', spec: { table: 'table', id: 3 } },
];
