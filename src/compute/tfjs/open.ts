import { viewOf } from './graph-view.ts';
import { openLayers } from './layers/open.ts';
import { loadModel } from './load.ts';
import type { ModelJson } from './model-json.ts';
import type { Opened } from './opened.ts';
import type { Runtime } from './runtime/library.ts';

/** Throws MODEL_REJECTED. */
export async function opened(tf: Runtime, model: ModelJson, weights: Uint8Array): Promise<Opened> {
  if (model.format === 'layers-model') return openLayers(tf, model, weights);
  const view = viewOf(model);
  return { tf, executable: loadModel(tf, model, weights), view };
}
