import { alongPath } from './along-path.ts';
import { atRows } from './at-rows.ts';
import type { AttributionMethod, Method } from './method.ts';

/** Every method, by the code of its family. */
export const methods: Readonly<Record<AttributionMethod, Method>> = {
  SALIENCY: atRows,
  INPUT_X_GRADIENT: atRows,
  INTEGRATED_GRADIENTS: alongPath,
};
