import { join } from 'node:path';
import { printedBy } from './peak.ts';
import type { Row } from './table.ts';

export const about =
  'A batch of 4,096 rows in TensorFlow.js, against onnxruntime with the same weights and as many threads (WebAssembly has one). Saliency: the gradient of the logit by what carries the features, summed over rows, with the score. A program is compiled before; the first rounds are not counted.';

/** A process has one device. */
export async function measure(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const device of ['tensorflow', 'wasm']) {
    const env = { ...process.env, TFJS_DEVICE: device };
    rows.push(...(await printedBy<Row[]>('tfjs-device.ts', [join(folder, device)], env)));
  }
  return rows;
}
