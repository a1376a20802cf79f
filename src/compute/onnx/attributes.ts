import { create, isMessage } from '@bufbuild/protobuf';
import type { Tensor } from '../tensor.ts';
import type { AttributeProto, GraphProto, NodeProto } from './proto/onnx_pb.js';
import { AttributeProtoSchema, AttributeProto_AttributeType as Type } from './proto/onnx_pb.js';
import { toTensorProto } from './tensors.ts';

/** An attribute as code writes it: whole numbers are INT and INTS. */
export type AttributeValue =
  | number
  | readonly number[]
  | string
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Tensor }
  | { readonly graph: GraphProto }
  | AttributeProto;

export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Type.INT, i: BigInt(value) });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: Type.STRING, s: new TextEncoder().encode(value) });
  if (isTexts(value))
    return create(AttributeProtoSchema, {
      name,
      type: Type.STRINGS,
      strings: value.map((text) => new TextEncoder().encode(text)),
    });
  if (isMessage(value, AttributeProtoSchema)) return Object.assign(create(AttributeProtoSchema), value, { name });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: value.float });
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: Type.FLOATS, floats: [...value.floats] });
  if ('tensor' in value)
    return create(AttributeProtoSchema, { name, type: Type.TENSOR, t: toTensorProto('', value.tensor) });
  if ('graph' in value) return create(AttributeProtoSchema, { name, type: Type.GRAPH, g: value.graph });
  return create(AttributeProtoSchema, { name, type: Type.INTS, ints: value.map(BigInt) });
}

const isTexts = (value: AttributeValue): value is readonly string[] =>
  Array.isArray(value) && typeof value[0] === 'string';

export const attributeNamed = (node: NodeProto, name: string): AttributeProto | undefined =>
  node.attribute.find((attribute) => attribute.name === name);

export function readInt(node: NodeProto, name: string): number | undefined {
  const attribute = attributeNamed(node, name);
  return attribute === undefined ? undefined : Number(attribute.i);
}

export const readInts = (node: NodeProto, name: string): number[] | undefined =>
  attributeNamed(node, name)?.ints.map(Number);

export const readFloat = (node: NodeProto, name: string): number | undefined => attributeNamed(node, name)?.f;

export function readFloats(node: NodeProto, name: string): number[] | undefined {
  const attribute = attributeNamed(node, name);
  return attribute && [...attribute.floats];
}

export function readString(node: NodeProto, name: string): string | undefined {
  const attribute = attributeNamed(node, name);
  return attribute === undefined ? undefined : new TextDecoder().decode(attribute.s);
}

export const readStrings = (node: NodeProto, name: string): string[] | undefined =>
  attributeNamed(node, name)?.strings.map((text) => new TextDecoder().decode(text));
