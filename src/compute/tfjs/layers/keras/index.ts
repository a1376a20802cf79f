import type { Runtime } from '../../runtime/library.ts';
import { registerAttention } from './attention.ts';
import { registerGru } from './gru.ts';
import { registerMultiHeadAttention } from './multi-head.ts';
import { registerSubtract } from './subtract.ts';

/** Layers that Keras 2.15 has, and TensorFlow.js does not or in part. Set once; the library's own exporters write them as they write its own. */
export function registerKerasLayers(tf: Runtime): void {
  registerAttention(tf);
  registerMultiHeadAttention(tf);
  registerGru(tf);
  registerSubtract(tf);
}
