import { modelRejected } from '../../errors.ts';
import { modelLimits } from '../../limits.ts';
import type { ModelJson, WeightSpec } from './model-json.ts';

/** Of the numbers that a weight's file holds. */
const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};
/** What a weight is in memory. */
const weightTypes = ['float32', 'int32', 'bool'];

/** The bytes of model.json, which may be anything. Throws MODEL_REJECTED. */
export function parsedModel(bytes: Buffer): ModelJson {
  let model: unknown;
  try {
    model = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw modelRejected('model.json is no JSON: it is cut off or something else. Convert the model again.');
  }
  if (!isModel(model))
    throw modelRejected('model.json is no graph model or layers model of TensorFlow.js. Convert the model again.');
  if (model.format === 'graph-model' && model.modelTopology.node.length > modelLimits.nodeCount)
    throw modelRejected(
      `The graph has ${model.modelTopology.node.length} nodes; the most is ${modelLimits.nodeCount}.`,
    );
  const weights = model.weightsManifest.flatMap((group) => group.weights);
  if (weights.length > modelLimits.initializerCount)
    throw modelRejected(`The model has ${weights.length} weights; the most is ${modelLimits.initializerCount}.`);
  for (const weight of weights) checkWeight(weight);
  return model;
}

/** As its file holds it. */
export const bytesOf = ({ shape, dtype, quantization }: WeightSpec): number =>
  shape.reduce((product, dim) => product * dim, 1) * (elementBytes[quantization?.dtype ?? dtype] ?? 0);

function checkWeight({ name, shape, dtype, quantization }: WeightSpec): void {
  if (!weightTypes.includes(dtype))
    throw modelRejected(`The weight “${name}” is of type ${dtype}; ${weightTypes.join(', ')} are read.`);
  if (
    shape.length > modelLimits.rank ||
    !(shape.reduce((product, dim) => product * dim, 1) <= modelLimits.elementCount)
  )
    throw modelRejected(`The weight “${name}” has the shape [${shape.join(', ')}], which is beyond the limits.`);
  if (quantization === undefined) return;
  const { dtype: held, scale, min } = quantization;
  const isAffine = (held === 'uint8' || held === 'uint16') && Number.isFinite(scale) && Number.isFinite(min);
  if (dtype === 'bool' || !(isAffine || (held === 'float16' && dtype === 'float32')))
    throw modelRejected(
      `The weight “${name}” is quantised in a way that is not read: uint8 and uint16 with a scale and a min, and float16, are.`,
    );
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, test: (entry: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.length <= 1000;
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isModel(model: unknown): model is ModelJson {
  if (!isObject(model) || !isObject(model.modelTopology) || !isListOf(model.weightsManifest, isGroup)) return false;
  if (model.format === 'layers-model') return true;
  return model.format === 'graph-model' && isListOf(model.modelTopology.node, isNode) && isSignature(model.signature);
}

const isNode = (node: unknown): boolean =>
  isObject(node) &&
  isText(node.name) &&
  isText(node.op) &&
  (node.input === undefined || isListOf(node.input, isText)) &&
  (node.attr === undefined || (isObject(node.attr) && Object.values(node.attr).every(isObject)));

const isGroup = (group: unknown): boolean =>
  isObject(group) && isListOf(group.paths, isText) && isListOf(group.weights, isWeight);

const isWeight = (weight: unknown): boolean =>
  isObject(weight) &&
  isText(weight.name) &&
  isText(weight.dtype) &&
  isListOf(weight.shape, isSize) &&
  (weight.quantization === undefined || isObject(weight.quantization));

const isSignature = (signature: unknown): boolean =>
  signature === undefined ||
  (isObject(signature) &&
    [signature.inputs, signature.outputs].every(
      (entries) =>
        entries === undefined ||
        (isObject(entries) && Object.values(entries).every((entry) => isObject(entry) && isText(entry.name))),
    ));
