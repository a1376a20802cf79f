/** TensorFlow.js, as it is handed to what computes: only `runtime` loads it. */
export type Runtime = typeof import('@tensorflow/tfjs');
