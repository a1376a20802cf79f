import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs';
import type { Runtime } from './library.ts';

type Kernel = KernelConfig['kernelFunc'];

/**
 * WebAssembly has a fast product of matrices as they lie, and multiplies transposed ones element by element, nine times as slow: every
 * gradient of a dense layer. Here they are transposed before.
 */
export function straightenProducts(tf: Runtime): void {
  const [product, transpose] = ['BatchMatMul', 'Transpose'].map((name) => tf.getKernel(name, 'wasm'));
  if (product === undefined || transpose === undefined) throw new Error('the backend wasm has no products');
  tf.unregisterKernel('BatchMatMul', 'wasm');
  const kernelFunc: Kernel = ({ inputs, backend, attrs }) => {
    const temporary: TensorInfo[] = [];
    const straight = (operand: TensorInfo, isTransposed: unknown): TensorInfo => {
      if (isTransposed !== true) return operand;
      const axes = operand.shape.map((_, axis) => axis);
      const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
      const result = transpose.kernelFunc({ inputs: { x: operand }, backend, attrs: { perm } }) as TensorInfo;
      temporary.push(result);
      return result;
    };
    const { a, b } = inputs as { readonly a: TensorInfo; readonly b: TensorInfo };
    const operands = { a: straight(a, attrs?.transposeA), b: straight(b, attrs?.transposeB) };
    const result = product.kernelFunc({ inputs: operands, backend, attrs: { transposeA: false, transposeB: false } });
    for (const { dataId } of temporary) (backend as { disposeData(id: object): unknown }).disposeData(dataId);
    return result;
  };
  tf.registerKernel({ ...product, kernelFunc });
}
