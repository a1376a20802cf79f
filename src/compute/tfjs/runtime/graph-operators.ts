import type { Tensor } from '@tensorflow/tfjs';
import { band } from './band.ts';
import type { Runtime } from './library.ts';

/** Set once for every graph model: what tfjs 4.22 computes otherwise than TensorFlow, without an error. */
export function registerGraphOperators(tf: Runtime): void {
  for (const name of ['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'])
    tf.registerOp(name, ({ inputs, attrs }) => normalized(tf, inputs as unknown as Normalization, attrs as Settings));
  tf.registerOp('OneHot', ({ inputs, attrs }) => oneHot(tf, inputs as unknown as OneHot, Number(attrs.axis ?? -1)));
  tf.registerOp('MatrixBandPart', ({ inputs }) => bandPart(tf, inputs as unknown as BandPart));
}

type Normalization = readonly [x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor];
interface Settings {
  readonly epsilon?: number;
  readonly is_training?: boolean;
  readonly data_format?: string;
}

/**
 * tfjs takes channels to be last and the mean and variance to be given. Keras' LayerNormalization has neither: it is a batch
 * normalisation in training, over rows as channels.
 */
function normalized(tf: Runtime, [x, scale, offset, mean, variance]: Normalization, settings: Settings): Tensor {
  const { epsilon = 1e-4, is_training: isTraining = true, data_format: format = 'NHWC' } = settings;
  // The library hands texts on in lower case.
  const isFirst = /^nc/i.test(format);
  const byChannel = (values: Tensor): Tensor =>
    isFirst ? tf.reshape(values, [1, -1, ...Array.from({ length: x.rank - 2 }, () => 1)]) : values;
  const axes = x.shape.flatMap((_, axis) => (axis === (isFirst ? 1 : x.rank - 1) ? [] : [axis]));
  const centred = tf.sub(x, isTraining ? tf.mean(x, axes, true) : byChannel(mean));
  const spread = isTraining ? tf.mean(tf.square(centred), axes, true) : byChannel(variance);
  const even = tf.mul(centred, tf.rsqrt(tf.add(spread, epsilon)));
  return tf.add(tf.mul(even, byChannel(scale)), byChannel(offset));
}

type OneHot = readonly [indices: Tensor, depth: Tensor, on: Tensor, off: Tensor];

/** WASM writes whole numbers into what is then read as floats: 1 becomes 1.4e-45. The place of the new axis is ignored by all. */
function oneHot(tf: Runtime, [indices, depth, on, off]: OneHot, axis: number): Tensor {
  const places = tf.oneHot(indices as never, depth.dataSync()[0] as number, 1, 0, 'int32');
  const hot = tf.where(tf.equal(places, tf.scalar(1, 'int32')), on, off);
  if (axis === -1 || axis === indices.rank) return hot;
  const order = indices.shape.map((_, at) => at);
  return tf.transpose(hot, order.toSpliced(axis, 0, indices.rank));
}

type BandPart = readonly [values: Tensor, lower: Tensor, upper: Tensor];

/** The library reads the lower bound for both, so that what should be causal is not. */
function bandPart(tf: Runtime, [values, lower, upper]: BandPart): Tensor {
  const [rows, columns] = values.shape.slice(-2) as [number, number];
  const [below, above] = [lower, upper].map((bound) => bound.dataSync()[0] as number) as [number, number];
  const shown = tf.cast(band(tf, rows, columns, below, above), 'float32');
  return tf.cast(tf.mul(tf.cast(values, 'float32'), shown), values.dtype);
}
