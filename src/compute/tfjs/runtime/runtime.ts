import { createRequire } from 'node:module';
import { unsupportedByExecutor } from '../../../errors.ts';
import type { ExecutorInfo } from '../../executor.ts';
import { registerMultipliers } from '../gradients/multipliers.ts';
import { registerKerasLayers } from '../layers/keras/index.ts';
import { borrowKernels } from './borrowed-kernels.ts';
import { boundKernels } from './bounded-kernels.ts';
import { registerDerivatives } from './derivatives.ts';
import { registerGraphOperators } from './graph-operators.ts';
import type { Runtime } from './library.ts';
import { loadNative, type Native, nativeVersion } from './native.ts';
import { straightenProducts } from './wasm-products.ts';

/** What can compute, the fastest first. */
const devices = ['tensorflow', 'wasm', 'cpu'] as const;
type Device = (typeof devices)[number];

const { resolve } = createRequire(import.meta.url);
const isInstalled = (name: string): boolean => {
  try {
    resolve(name);
    return true;
  } catch {
    return false;
  }
};
const version = isInstalled('@tensorflow/tfjs')
  ? (createRequire(import.meta.url)('@tensorflow/tfjs/package.json') as { version: string }).version
  : undefined;

/** By environment alone: which device computes, instead of the fastest that works. */
const asked = process.env.TFJS_DEVICE || undefined;
const native = version && (asked ?? 'tensorflow') === 'tensorflow' ? await nativeVersion() : undefined;
const works: Readonly<Record<Device, boolean>> = {
  tensorflow: native !== undefined,
  wasm: isInstalled('@tensorflow/tfjs-backend-wasm'),
  cpu: true,
};
const device: Device = devices.find((name) => (asked === undefined || asked === name) && works[name]) ?? 'cpu';

const byNative = 'Native TensorFlow is several times as fast: run “npm run setup:tensorflow” on the server.';
const notes: Readonly<Record<Device, string | null>> = {
  tensorflow: null,
  wasm: `Computes on one thread of WebAssembly. ${byNative}`,
  cpu: `Computes in plain JavaScript, which is slow. ${byNative}`,
};

/** Why nothing can be computed here. */
function hindrance(): string | undefined {
  if (version === undefined) return 'Install @tensorflow/tfjs on the server.';
  if (asked === undefined || asked === device) return undefined;
  if (!(devices as readonly string[]).includes(asked))
    return `TFJS_DEVICE is “${asked}”. There is ${devices.join(', ')}.`;
  const how = asked === 'wasm' ? 'Install @tensorflow/tfjs-backend-wasm' : 'Run “npm run setup:tensorflow”';
  return `TFJS_DEVICE is “${asked}”, which does not work here. ${how} on the server, or unset it.`;
}
const missing = hindrance();

/** What is installed and works; nothing is loaded for it into this process. */
export const info: ExecutorInfo = {
  name: 'TFJS',
  version: version === undefined ? 'none' : native === undefined ? version : `${version}, TensorFlow ${native}`,
  device,
  formats: ['TFJS_LAYERS', 'TFJS_GRAPH', ...(device === 'tensorflow' ? (['TF_SAVED_MODEL'] as const) : [])],
  available: missing === undefined,
  note: missing ?? notes[device],
};

let loaded: Promise<Runtime> | undefined;

/**
 * The library with its fastest device that works, loaded when first needed, and with the threads that were given then. Throws
 * UNSUPPORTED_BY_EXECUTOR where it is missing.
 */
export async function runtime(threads: number): Promise<Runtime> {
  if (!info.available)
    throw unsupportedByExecutor(`This server has no TensorFlow.js. ${info.note}`, { executor: info.name });
  loaded ??= load(threads);
  return loaded;
}

/** The same, where TensorFlow itself is wanted. Throws UNSUPPORTED_BY_EXECUTOR where something else computes. */
export async function nativeRuntime(threads: number): Promise<{ readonly tf: Runtime; readonly native: Native }> {
  const tf = await runtime(threads);
  if (device === 'tensorflow') return { tf, native: loadNative(threads) };
  throw unsupportedByExecutor(
    `SavedModels need native TensorFlow, and this server computes on ${device}. Run “npm run setup:tensorflow” on it, or convert the model to ONNX or to a graph model of TensorFlow.js.`,
    { executor: info.name },
  );
}

async function load(threads: number): Promise<Runtime> {
  const tf = await import('@tensorflow/tfjs');
  // Says nothing, and checks no value of any tensor.
  tf.enableProdMode();
  if (device === 'tensorflow') loadNative(threads);
  if (device === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(device))) throw new Error(`the backend ${device} of TensorFlow.js does not start`);
  await tf.ready();
  if (device === 'wasm') {
    straightenProducts(tf);
    boundKernels(tf);
  }
  borrowKernels(tf, device);
  registerDerivatives(tf);
  registerMultipliers(tf);
  registerGraphOperators(tf);
  registerKerasLayers(tf);
  return tf;
}
