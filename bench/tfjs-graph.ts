import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelProto, NodeProto, TensorProto } from '../src/compute/onnx/proto/onnx_pb.js';
import { fromTensorProto } from '../src/compute/onnx/tensors.ts';
import type { Tensor } from '../src/compute/tensor.ts';

interface Weight {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly values: readonly number[] | Float32Array;
}

const int32 = (name: string, value: number): Weight => ({ name, dtype: 'int32', shape: [], values: [value] });

/** A net of nets.ts as a graph model of TensorFlow.js with the same weights, in a new folder. */
export async function writeGraphModel({ graph }: ModelProto, folder: string): Promise<void> {
  const weights = [...(graph?.initializer ?? []).map(weightOf), int32('axis0', 0), int32('axis1', 1)];
  const constants = weights.map(({ name }) => ({ name, op: 'Const', attr: {} }));
  const inputs = (graph?.input ?? []).map(({ name, type }) => {
    const { elemType = 0, shape } = type?.value.case === 'tensorType' ? type.value.value : {};
    const dim = (shape?.dim ?? []).map(({ value }) => ({ size: value.case === 'dimValue' ? Number(value.value) : -1 }));
    const dtype = { type: elemType === 1 ? 'DT_FLOAT' : 'DT_INT32' };
    return { name, op: 'Placeholder', attr: { dtype, shape: { shape: { dim } } } };
  });
  const node = [...constants, ...inputs, ...(graph?.node ?? []).flatMap(nodesOf)];
  const bytes = weights.map(({ dtype, values }) =>
    Buffer.from((dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'weights.bin'), Buffer.concat(bytes));
  const specs = weights.map(({ values: _, ...spec }) => spec);
  await writeFile(
    join(folder, 'model.json'),
    JSON.stringify({
      format: 'graph-model',
      modelTopology: { node },
      weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
    }),
  );
}

function weightOf(proto: TensorProto): Weight {
  const { dtype, dims, data } = fromTensorProto(proto) as Tensor;
  return {
    name: proto.name,
    dtype: dtype === 'int64' ? 'int32' : 'float32',
    shape: dims,
    values: Array.from(data, Number),
  };
}

const float = { T: { type: 'DT_FLOAT' } };

/** The operators of those nets. */
function nodesOf({ opType, input, output, attribute }: NodeProto): object[] {
  const [a = '', b = '', bias = ''] = input;
  const [name = ''] = output;
  switch (opType) {
    case 'Gather': {
      const axis = attribute.some((each) => each.name === 'axis' && each.i === 1n) ? 'axis1' : 'axis0';
      return [{ name, op: 'GatherV2', input: [a, b, axis], attr: { batch_dims: { i: '0' } } }];
    }
    case 'Concat':
      return [{ name, op: 'ConcatV2', input: [...input, 'axis1'], attr: { N: { i: String(input.length) } } }];
    case 'Gemm':
      return [
        {
          name: `${name}/MatMul`,
          op: 'MatMul',
          input: [a, b],
          attr: { transpose_a: { b: false }, transpose_b: { b: false } },
        },
        { name, op: 'BiasAdd', input: [`${name}/MatMul`, bias], attr: float },
      ];
    case 'Relu':
    case 'Sigmoid':
      return [{ name, op: opType, input: [a], attr: float }];
    default:
      throw new Error(`the nets of the benchmarks have no ${opType}`);
  }
}
