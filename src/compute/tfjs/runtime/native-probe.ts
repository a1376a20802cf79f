/** Prints the version of native TensorFlow, if it loads. */
import { loadNative } from './native.ts';

console.log(loadNative(1).backend().binding.TF_Version);
