import { readFileSync } from 'node:fs';
import { create, fromBinary } from '@bufbuild/protobuf';
import { describe, test } from 'vitest';
import { attributeNamed, attributeOf } from '../../../../src/compute/onnx/attributes.ts';
import type { ModelProto } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { ModelProtoSchema, NodeProtoSchema, TensorProto_DataType } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { normalized } from '../../../../src/compute/onnx/rewriting/normalize.ts';
import { dataTypeOf, fromTensorProto, toTensorProto } from '../../../../src/compute/onnx/tensors.ts';
import { int64 } from '../../../../src/compute/tensor.ts';
import { toy } from '../models.ts';
import { expectAgreement } from './differences.ts';
import { inSingle, some } from './numbers.ts';

const { FLOAT, DOUBLE } = TensorProto_DataType;
const modelOf = (name: string): ModelProto => normalized(fromBinary(ModelProtoSchema, readFileSync(toy(name))));

/** The same model with numbers of float64 throughout. */
function inDouble(model: ModelProto): ModelProto {
  const graph = model.graph;
  if (graph === undefined) return model;
  for (const { type } of graph.input)
    if (type?.value.case === 'tensorType' && type.value.value.elemType === FLOAT) type.value.value.elemType = DOUBLE;
  graph.initializer = graph.initializer.map((proto) => {
    const tensor = proto.dataType === FLOAT ? fromTensorProto(proto) : undefined;
    if (tensor === undefined) return proto;
    return toTensorProto(proto.name, {
      ...tensor,
      dtype: 'float64',
      data: Float64Array.from(tensor.data as Float32Array),
    });
  });
  graph.node = graph.node.map((node) =>
    node.opType === 'Cast' && Number(attributeNamed(node, 'to')?.i) === FLOAT
      ? Object.assign(create(NodeProtoSchema), node, { attribute: [attributeOf('to', dataTypeOf('float64'))] })
      : node,
  );
  return model;
}

describe('gradients of whole models agree with differences', () => {
  test.each([
    ['logit.onnx', 'logit', { x: some([3, 3]) }],
    ['multitask.onnx', 'scores', { x: some([3, 3]) }],
    ['attention.onnx', 'score', { x: some([2, 3, 2]) }],
    ['ids.onnx', 'score', { age: some([2, 1]), city: int64([2, 1], [1, 3]), user: int64([2, 1], [0, 4]) }],
  ])('in float64: %s', async (name, target, inputs) => {
    const wanted = Object.keys(inputs).filter((input) => input === 'x' || input === 'age');
    const model = inDouble(modelOf(name));
    await expectAgreement({ model, inputs, targets: [target], wanted, order: 2, single: false });
  });

  test.each([
    ['conv.onnx', 'score', { signal: inSingle(some([2, 1, 6])) }],
    ['composites.onnx', 'logit', { x: inSingle(some([3, 2])) }],
  ])('in float32, since onnxruntime has no other kernels for them: %s', async (name, target, inputs) => {
    const wanted = Object.keys(inputs);
    await expectAgreement({ model: modelOf(name), inputs, targets: [target], wanted, order: 1, single: true });
  });
});
