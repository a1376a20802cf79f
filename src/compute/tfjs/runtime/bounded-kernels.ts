import type { TensorInfo } from '@tensorflow/tfjs';
import type { Runtime } from './library.ts';

/** Kernels of WebAssembly that read and write by indices of a tensor, and look at none of them. */
const byIndices = ['GatherNd', 'ScatterNd', 'TensorScatterUpdate'];

/**
 * Kernels of WebAssembly that reach beyond a tensor where they are told to, into whatever lies there: a slice looks before, and what goes by
 * indices is left to plain JavaScript (borrowed-kernels.ts), which throws as native TensorFlow does.
 */
export function boundKernels(tf: Runtime): void {
  const slice = tf.getKernel('Slice', 'wasm');
  if (slice === undefined) throw new Error('the backend wasm has no slices');
  tf.unregisterKernel('Slice', 'wasm');
  tf.registerKernel({
    ...slice,
    kernelFunc: (call) => {
      const { x } = call.inputs as { readonly x: TensorInfo };
      const { begin, size } = call.attrs as { readonly begin: number[]; readonly size: number[] };
      const [from, sizes] = tf.slice_util.parseSliceParams(x as never, begin, size);
      tf.slice_util.assertParamsValid(x as never, from as number[], sizes as number[]);
      return slice.kernelFunc(call);
    },
  });
  for (const name of byIndices) if (tf.getKernel(name, 'wasm') !== undefined) tf.unregisterKernel(name, 'wasm');
}
