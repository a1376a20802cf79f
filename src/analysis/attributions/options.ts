import type { AttributionMethod } from './method.ts';

/** What a method can be told, and what holds when it is not told. */
interface Options {
  readonly steps?: number;
  readonly samples?: number;
  readonly noise?: number;
  readonly seed?: number;
  readonly baseline?: true;
}

export const optionsOf: Readonly<Record<AttributionMethod, Options>> = {
  SALIENCY: {},
  INPUT_X_GRADIENT: {},
  INTEGRATED_GRADIENTS: { steps: 50, baseline: true },
  SMOOTHGRAD: { samples: 25, noise: 0.1, seed: 0 },
  SMOOTHGRAD_SQUARED: { samples: 25, noise: 0.1, seed: 0 },
  VARGRAD: { samples: 25, noise: 0.1, seed: 0 },
  GRADIENT_SHAP: { samples: 25, noise: 0, seed: 0, baseline: true },
  DEEP_LIFT: { baseline: true },
  FEATURE_ABLATION: { baseline: true },
  FEATURE_PERMUTATION: { samples: 1, seed: 0 },
  SHAPLEY_SAMPLING: { samples: 25, seed: 0, baseline: true },
};
