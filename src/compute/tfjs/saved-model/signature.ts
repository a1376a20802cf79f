import { modelRejected } from '../../../errors.ts';
import type { NodeDef as PlainNode } from '../model-json.ts';
import type { MetaGraphDef, TensorInfo } from './proto/saved_model_pb.js';

/** A tensor as a signature has it: its public name, and the tensor of the graph. */
interface SignatureTensor {
  readonly name: string;
  readonly tensor: string;
  /** TensorFlow's number of its type. */
  readonly dtype: number;
  /** −1 where a dimension is not known. */
  readonly shape: readonly number[];
}

/** The function of a SavedModel that is served. */
export interface Signature {
  readonly name: string;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

const initSignature = '__saved_model_init_op';
/** What Keras, TensorFlow's serving and their exporters call it. */
const usual = 'serving_default';

/** The one that is served by default, or the only one. Throws MODEL_REJECTED. */
export function signatureOf({ signatureDef }: MetaGraphDef): Signature {
  const names = Object.keys(signatureDef).filter((name) => name !== initSignature);
  const name = names.includes(usual) ? usual : names[0];
  if (name === undefined) throw modelRejected('The SavedModel has no signature. Export it with one for serving.');
  if (name !== usual && names.length > 1)
    throw modelRejected(
      `The SavedModel has the signatures ${names.join(', ')}, and none is called ${usual}. Export it with one of that name.`,
    );
  const { inputs = {}, outputs = {} } = signatureDef[name] ?? {};
  const signature = { name, inputs: tensorsOf(inputs), outputs: tensorsOf(outputs) };
  const both = signature.inputs.find((input) => Object.hasOwn(outputs, input.name));
  if (both !== undefined)
    throw modelRejected(`“${both.name}” is an input and an output of “${name}”. Export the model with other names.`);
  if (signature.inputs.length === 0 || signature.outputs.length === 0)
    throw modelRejected(`The signature “${name}” has no inputs or no outputs. Export another.`);
  return signature;
}

const tensorsOf = (infos: Readonly<Record<string, TensorInfo>>): SignatureTensor[] =>
  Object.entries(infos)
    .map(([name, { encoding, dtype, tensorShape }]) => {
      if (encoding.case !== 'name')
        throw modelRejected(`“${name}” is no plain tensor. Export the model with plain ones.`);
      if (tensorShape === undefined || tensorShape.unknownRank)
        throw modelRejected(`The shape of “${name}” is not known. Export the model with shapes.`);
      return { name, tensor: encoding.value, dtype, shape: tensorShape.dim.map(({ size }) => Number(size)) };
    })
    // Maps of a protobuf have no order.
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** What TensorFlow runs once a model is loaded. */
export function initializers({ signatureDef, collectionDef }: MetaGraphDef): string[] {
  const declared = Object.values(signatureDef[initSignature]?.outputs ?? {}).flatMap(({ encoding }) =>
    encoding.case === 'name' ? [encoding.value] : [],
  );
  const collected = ['saved_model_main_op', 'legacy_init_op', 'saved_model_initializers'].flatMap((key) => {
    const kind = collectionDef[key]?.kind;
    return kind?.case === 'nodeList' ? kind.value.value : [];
  });
  return [...declared, ...collected];
}

/** The closed function as a graph of its inputs and outputs alone: every output depends on every input. */
export function nodesOf({ inputs, outputs }: Signature): PlainNode[] {
  const placeholders = inputs.map(({ name, dtype, shape }): PlainNode => {
    const dim = shape.map((size) => ({ size }));
    return { name, op: 'Placeholder', attr: { dtype: { type: dtype }, shape: { shape: { dim } } } };
  });
  const input = inputs.map(({ name }) => name);
  return [...placeholders, ...outputs.map(({ name }): PlainNode => ({ name, op: 'SavedModel', input }))];
}
