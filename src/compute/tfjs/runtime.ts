import { createRequire } from 'node:module';
import { unsupportedByExecutor } from '../../errors.ts';
import type { ExecutorInfo } from '../executor.ts';
import { registerDerivatives } from './derivatives.ts';
import { registerGraphOperators } from './graph-operators.ts';
import type { Runtime } from './library.ts';

const { resolve } = createRequire(import.meta.url);
const isInstalled = (name: string): boolean => {
  try {
    resolve(name);
    return true;
  } catch {
    return false;
  }
};
const device = isInstalled('@tensorflow/tfjs-backend-wasm') ? 'wasm' : 'cpu';
const version = isInstalled('@tensorflow/tfjs')
  ? (createRequire(import.meta.url)('@tensorflow/tfjs/package.json') as { version: string }).version
  : undefined;

const notes = {
  wasm: 'Computes on one thread of WebAssembly. Export the model as ONNX where speed matters.',
  cpu: 'Computes in plain JavaScript, which is slow. Install @tensorflow/tfjs-backend-wasm on the server.',
};

/** What is installed; nothing is loaded for it. */
export const info: ExecutorInfo = {
  name: 'TFJS',
  version: version ?? 'none',
  device,
  formats: ['TFJS_LAYERS', 'TFJS_GRAPH'],
  available: version !== undefined,
  note: version === undefined ? 'Install @tensorflow/tfjs on the server.' : notes[device],
};

let loaded: Promise<Runtime> | undefined;

/** The library with its fastest installed backend, loaded when first needed. Throws UNSUPPORTED_BY_EXECUTOR where it is missing. */
export async function runtime(): Promise<Runtime> {
  if (!info.available)
    throw unsupportedByExecutor(`This server has no TensorFlow.js. ${info.note}`, { executor: info.name });
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Runtime> {
  const tf = await import('@tensorflow/tfjs');
  if (device === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  // Says nothing, and checks no value of any tensor.
  tf.enableProdMode();
  if (!(await tf.setBackend(device))) throw new Error(`the backend ${device} of TensorFlow.js does not start`);
  await tf.ready();
  registerDerivatives(tf);
  registerGraphOperators(tf);
  return tf;
}
