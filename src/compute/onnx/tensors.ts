import { create } from '@bufbuild/protobuf';
import type { DType, Tensor, TensorData } from '../tensor.ts';
import type { TensorProto } from './proto/onnx_pb.js';
import { TensorProto_DataLocation, TensorProto_DataType, TensorProtoSchema } from './proto/onnx_pb.js';

/** ONNX's element types and ours; complex, 8-bit and 4-bit floats have no name here, and no model of ours may read them. */
const dtypes: readonly [TensorProto_DataType, DType, number][] = [
  [TensorProto_DataType.FLOAT, 'float32', 4],
  [TensorProto_DataType.UINT8, 'uint8', 1],
  [TensorProto_DataType.INT8, 'int8', 1],
  [TensorProto_DataType.UINT16, 'uint16', 2],
  [TensorProto_DataType.INT16, 'int16', 2],
  [TensorProto_DataType.INT32, 'int32', 4],
  [TensorProto_DataType.INT64, 'int64', 8],
  [TensorProto_DataType.STRING, 'string', 0],
  [TensorProto_DataType.BOOL, 'bool', 1],
  [TensorProto_DataType.FLOAT16, 'float16', 2],
  [TensorProto_DataType.DOUBLE, 'float64', 8],
  [TensorProto_DataType.UINT32, 'uint32', 4],
  [TensorProto_DataType.UINT64, 'uint64', 8],
  [TensorProto_DataType.BFLOAT16, 'bfloat16', 2],
];
const byType = new Map<number, { dtype: DType; bytes: number }>(
  dtypes.map(([type, dtype, bytes]) => [type, { dtype, bytes }]),
);
const byName = new Map(dtypes.map(([type, dtype]) => [dtype, type]));

export const dtypeOf = (type: number): DType | undefined => byType.get(type)?.dtype;
/** Bytes of one element in raw data; 0 for strings, undefined for types that are not read. */
export const elementBytes = (type: number): number | undefined => byType.get(type)?.bytes;
export function dataTypeOf(dtype: DType): TensorProto_DataType {
  const type = byName.get(dtype);
  if (type === undefined) throw new Error(`no ONNX type for ${dtype}`);
  return type;
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
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) return undefined;
  const dims = proto.dims.map(Number);
  const bytes = proto.rawData.slice().buffer;
  const raw = proto.rawData.length > 0;
  const tensor = (dtype: Tensor['dtype'], data: TensorData): Tensor => ({ dtype, dims, data });
  switch (proto.dataType) {
    case TensorProto_DataType.FLOAT:
      return tensor('float32', raw ? new Float32Array(bytes) : Float32Array.from(proto.floatData));
    case TensorProto_DataType.DOUBLE:
      return tensor('float64', raw ? new Float64Array(bytes) : Float64Array.from(proto.doubleData));
    case TensorProto_DataType.INT32:
      return tensor('int32', raw ? new Int32Array(bytes) : Int32Array.from(proto.int32Data));
    case TensorProto_DataType.INT64:
      return tensor('int64', raw ? new BigInt64Array(bytes) : BigInt64Array.from(proto.int64Data));
    case TensorProto_DataType.BOOL:
      return tensor('bool', raw ? new Uint8Array(bytes) : Uint8Array.from(proto.int32Data));
    default:
      return undefined;
  }
}
