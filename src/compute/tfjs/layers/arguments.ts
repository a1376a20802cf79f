import { modelRejected } from '../../../errors.ts';
import type { Fields } from './calls-check.ts';

/** Tensors that MultiHeadAttention is called with by name. */
const tensors = ['value', 'key'];
/** Whether positions see those behind them. */
const causality = 'use_causal_mask';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A layer whose calls have no arguments but tensors. Keras writes others of a call behind its last input: tensors by name become
 * inputs, and causality, which all calls have to agree about, a setting of the layer. Throws MODEL_REJECTED for an argument that
 * would change what is computed.
 */
export function withoutArguments(layer: Fields): Fields {
  const { inbound_nodes: calls } = layer;
  if (!Array.isArray(calls)) return layer;
  const causal = new Set<boolean>();
  const plain = calls.map((call) => {
    if (!Array.isArray(call)) return call;
    const given = call.map((input) => (Array.isArray(input) && isObject(input[3]) ? input[3] : {}));
    const all: Fields = Object.assign({}, ...given);
    const own = call.map((input) => (Array.isArray(input) ? input.slice(0, 3) : input));
    causal.add(all[causality] === true);
    for (const [name, value] of Object.entries(all)) checkArgument(layer, name, value);
    return [
      ...own,
      ...tensors.flatMap((name) => (Array.isArray(all[name]) ? [(all[name] as unknown[]).slice(0, 3)] : [])),
    ];
  });
  if (causal.size > 1) throw refusal(layer, causality);
  const config = isObject(layer.config) ? layer.config : {};
  return { ...layer, inbound_nodes: plain, config: causal.has(true) ? { ...config, causal: true } : config };
}

function checkArgument(layer: Fields, name: string, value: unknown): void {
  const isTensor = tensors.includes(name) && layer.class_name === 'MultiHeadAttention';
  if (isTensor || name === causality || value === null || value === false) return;
  throw refusal(layer, name);
}

const refusal = ({ name }: Fields, argument: string): Error =>
  modelRejected(
    `The layer “${String(name)}” is called with \`${argument}\`, which a layers model does not run. Export the model as a graph model or as ONNX.`,
    { layer: name },
  );
