import { create } from '@bufbuild/protobuf';
import type { DType, Tensor, TensorData } from '../tensor.ts';
import type { TensorProto, ValueInfoProto } from './proto/onnx_pb.js';
import {
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TensorProto_DataType as Type,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.js';

type Typed = ArrayBufferView & { readonly buffer: ArrayBufferLike };

/** How an element type is called, stored, and read from the typed field of a tensor that has no raw data. */
interface ElementType {
  readonly dtype: DType;
  readonly bytes: number;
  readonly typed: (tensor: TensorProto) => Typed;
}

/** Types that are not listed (complex numbers, strings' bytes, 8-bit and 4-bit floats) are not read. */
const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [Type.FLOAT, { dtype: 'float32', bytes: 4, typed: (t) => Float32Array.from(t.floatData) }],
  [Type.DOUBLE, { dtype: 'float64', bytes: 8, typed: (t) => Float64Array.from(t.doubleData) }],
  [Type.INT64, { dtype: 'int64', bytes: 8, typed: (t) => BigInt64Array.from(t.int64Data) }],
  [Type.UINT64, { dtype: 'uint64', bytes: 8, typed: (t) => BigUint64Array.from(t.uint64Data) }],
  [Type.UINT32, { dtype: 'uint32', bytes: 4, typed: (t) => Uint32Array.from(t.uint64Data, Number) }],
  [Type.INT32, { dtype: 'int32', bytes: 4, typed: (t) => Int32Array.from(t.int32Data) }],
  [Type.INT16, { dtype: 'int16', bytes: 2, typed: (t) => Int16Array.from(t.int32Data) }],
  [Type.UINT16, { dtype: 'uint16', bytes: 2, typed: (t) => Uint16Array.from(t.int32Data) }],
  [Type.INT8, { dtype: 'int8', bytes: 1, typed: (t) => Int8Array.from(t.int32Data) }],
  [Type.UINT8, { dtype: 'uint8', bytes: 1, typed: (t) => Uint8Array.from(t.int32Data) }],
  [Type.BOOL, { dtype: 'bool', bytes: 1, typed: (t) => Uint8Array.from(t.int32Data) }],
  [Type.FLOAT16, { dtype: 'float16', bytes: 2, typed: (t) => Uint16Array.from(t.int32Data) }],
  [Type.BFLOAT16, { dtype: 'bfloat16', bytes: 2, typed: (t) => Uint16Array.from(t.int32Data) }],
]);
const typeByName = new Map<DType, Type>([
  ...[...elementTypes].map(([type, { dtype }]): [DType, Type] => [dtype, type]),
  ['string', Type.STRING],
]);

export const dtypeOf = (type: number): DType | undefined =>
  type === Type.STRING ? 'string' : elementTypes.get(type)?.dtype;

/** Bytes of one element in raw data; undefined for types that have none. */
export const elementBytes = (type: number): number | undefined => elementTypes.get(type)?.bytes;

export function dataTypeOf(dtype: DType): Type {
  const type = typeByName.get(dtype);
  if (type === undefined) throw new Error(`no ONNX type for ${dtype}`);
  return type;
}

export const isExternal = (tensor: TensorProto): boolean => tensor.dataLocation === TensorProto_DataLocation.EXTERNAL;

/** Row-major little-endian bytes of a tensor that lies inline, whichever field holds them. */
export function rawBytesOf(tensor: TensorProto): Uint8Array {
  if (tensor.rawData.length > 0) return tensor.rawData;
  const { buffer, byteOffset, byteLength } = elementTypes.get(tensor.dataType)?.typed(tensor) ?? tensor.rawData;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function toTensorProto(name: string, { dtype, dims, data }: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: dataTypeOf(dtype),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  });
}

/** The values of a tensor that lies inline; undefined for external data and for types that cannot cross into a program. */
export function fromTensorProto(proto: TensorProto): Tensor | undefined {
  if (isExternal(proto)) return undefined;
  const dims = proto.dims.map(Number);
  // A copy of its own: what a file is read into is a view of a larger buffer.
  const bytes = new Uint8Array(rawBytesOf(proto)).buffer;
  const tensor = (dtype: Tensor['dtype'], data: TensorData): Tensor => ({ dtype, dims, data });
  switch (proto.dataType) {
    case Type.FLOAT:
      return tensor('float32', new Float32Array(bytes));
    case Type.DOUBLE:
      return tensor('float64', new Float64Array(bytes));
    case Type.INT32:
      return tensor('int32', new Int32Array(bytes));
    case Type.INT64:
      return tensor('int64', new BigInt64Array(bytes));
    case Type.BOOL:
      return tensor('bool', new Uint8Array(bytes));
    default:
      return undefined;
  }
}

/** In the order of the elements; none where the tensor cannot be read. */
export const integersOf = (proto: TensorProto): number[] =>
  Array.from((fromTensorProto(proto)?.data ?? []) as ArrayLike<number | bigint>, Number);

/** The declaration of a graph's input; null is a size known at run time only. */
export function valueInfoOf(name: string, dtype: DType, shape: readonly (number | null)[]): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, size === null ? {} : { value: { case: 'dimValue', value: BigInt(size) } }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: dataTypeOf(dtype),
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value } }),
  });
}
