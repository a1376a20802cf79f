import { ablation } from './ablation.ts';
import { alongPath } from './along-path.ts';
import { atRows } from './at-rows.ts';
import { deepLift } from './deep-lift.ts';
import { gradientShap } from './gradient-shap.ts';
import type { AttributionMethod, Method } from './method.ts';
import { permutation } from './permutation.ts';
import { shapley } from './shapley.ts';
import { smooth } from './smooth.ts';

/** Every method, by the code of its family. */
export const methods: Readonly<Record<AttributionMethod, Method>> = {
  SALIENCY: atRows,
  INPUT_X_GRADIENT: atRows,
  INTEGRATED_GRADIENTS: alongPath,
  SMOOTHGRAD: smooth,
  SMOOTHGRAD_SQUARED: smooth,
  VARGRAD: smooth,
  GRADIENT_SHAP: gradientShap,
  DEEP_LIFT: deepLift,
  FEATURE_ABLATION: ablation,
  FEATURE_PERMUTATION: permutation,
  SHAPLEY_SAMPLING: shapley,
};
