import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs';
import type { Runtime } from './library.ts';

/** What a backend does with values; `disposeIntermediateTensorInfo` is that of plain JavaScript's alone. */
interface Backend {
  readSync(dataId: object): Values;
  write(values: Values, shape: number[], dtype: string): object;
  disposeData(dataId: object): unknown;
}
type Values = Float32Array | Int32Array | Uint8Array;

/**
 * Operators for which a device has no kernel, and plain JavaScript has one, are computed there, on copies: Einsum of WASM, counts and
 * sparse rows of native TensorFlow. Slower, and right.
 */
export function borrowKernels(tf: Runtime, device: string): void {
  if (device === 'cpu') return;
  const own = new Set(tf.getKernelsForBackend(device).map(({ kernelName }) => kernelName));
  for (const kernel of tf.getKernelsForBackend('cpu'))
    if (!own.has(kernel.kernelName))
      tf.registerKernel({ ...kernel, backendName: device, kernelFunc: borrowed(tf, kernel) });
}

function borrowed(tf: Runtime, { kernelFunc }: KernelConfig): KernelConfig['kernelFunc'] {
  return ({ inputs, backend, attrs }) => {
    const [ours, theirs] = [backend as Backend, tf.findBackend('cpu') as unknown as Backend];
    const copies: object[] = [];
    const lent = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
      const copy = theirs.write(ours.readSync(dataId), shape, dtype);
      copies.push(copy);
      return { dataId: copy, shape, dtype };
    };
    // Einsum's and AddN's inputs are a list.
    const given = Object.entries(inputs).flatMap(([name, input]) => (input ? [[name, lent(input)] as const] : []));
    const named = Object.fromEntries(given);
    const lentInputs = Array.isArray(inputs) ? Object.assign([], named) : named;
    const returned = kernelFunc({ inputs: lentInputs, backend: theirs, ...(attrs && { attrs }) });
    const back = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
      copies.push(dataId);
      return { dataId: ours.write(theirs.readSync(dataId), shape, dtype), shape, dtype };
    };
    const results = Array.isArray(returned) ? returned.map(back) : back(returned);
    for (const copy of new Set(copies)) theirs.disposeData(copy);
    return results;
  };
}
