import { create } from '@bufbuild/protobuf';
import { type AttributeValue, attributeOf } from '../../../../src/compute/onnx/attributes.ts';
import type { ModelProto } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto, valueInfoOf } from '../../../../src/compute/onnx/tensors.ts';
import type { Tensor } from '../../../../src/compute/tensor.ts';
import { expectAgreement } from './differences.ts';
import { inSingle, isFloat } from './numbers.ts';

/** A node on its own, and how its gradient is tried. */
export interface Trial {
  operator: string;
  /** Numbers are differentiated; whole numbers and conditions are constants of the graph; null is an input left out. */
  inputs: readonly (Tensor | null)[];
  attributes?: Readonly<Record<string, AttributeValue>>;
  opset?: number;
  outputCount?: number;
  /** Of the outputs, those that are differentiated; the first one unless said. */
  targets?: readonly number[];
  /** Of the inputs, those that it is differentiated with respect to; all numbers unless said. */
  wanted?: readonly number[];
  /** The graph does not say the sizes of what is differentiated. */
  dynamic?: boolean;
  /** Whole numbers and conditions come with the batch. */
  fed?: boolean;
  /** 2 unless said. */
  order?: 1 | 2;
  /** In float32, since onnxruntime has no other kernel. */
  single?: boolean;
  tolerance?: number;
}

/** A line of a table of tests: what it is called, and the trial. */
export const trial = (operator: string, inputs: Trial['inputs'], more: Partial<Trial> = {}): [string, Trial] => {
  const opset = more.opset === undefined ? [] : [`opset ${more.opset}`];
  return [[operator, ...opset, ...Object.keys(more.attributes ?? {})].join(' '), { operator, inputs, ...more }];
};

/** The gradients of a node agree with differences. */
export async function expectExact({ single = false, order = 2, ...trial }: Trial): Promise<void> {
  const inputs = trial.inputs.map((input) => (input !== null && single ? inSingle(input) : input));
  const named = inputs.flatMap((tensor, index): Named[] => (tensor === null ? [] : [{ name: `x${index}`, tensor }]));
  const varying = named.filter(({ tensor }) => isFloat(tensor)).map(({ name }) => name);
  await expectAgreement({
    model: modelOf(trial, named),
    inputs: Object.fromEntries(named.map(({ name, tensor }) => [name, tensor])),
    targets: (trial.targets ?? [0]).map((index) => `y${index}`),
    wanted: trial.wanted?.map((index) => `x${index}`) ?? varying,
    order,
    single,
    tolerance: trial.tolerance,
  });
}

interface Named {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A model of the node, whose inputs are called x0, x1, … and its outputs y0, y1, … */
function modelOf(trial: Trial, named: readonly Named[]): ModelProto {
  const { operator, inputs, attributes = {}, opset = 18, outputCount = 1, dynamic, fed } = trial;
  const isInput = ({ tensor }: Named): boolean => isFloat(tensor) || fed === true;
  const input = named.filter(isInput).map(({ name, tensor }) => {
    const isOpen = dynamic && isFloat(tensor);
    return valueInfoOf(
      name,
      tensor.dtype,
      tensor.dims.map((size) => (isOpen ? null : size)),
    );
  });
  const output = Array.from({ length: outputCount }, (_, index) => `y${index}`);
  const node = create(NodeProtoSchema, {
    opType: operator,
    name: 'node',
    input: inputs.map((tensor, index) => (tensor === null ? '' : `x${index}`)),
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  });
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: create(GraphProtoSchema, {
      name: 'trial',
      input,
      initializer: named.filter((each) => !isInput(each)).map(({ name, tensor }) => toTensorProto(name, tensor)),
      node: [node],
      output: output.map((name) => create(ValueInfoProtoSchema, { name })),
    }),
  });
}
