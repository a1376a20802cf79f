import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { onTestFinished } from 'vitest';
import type { OpenModel } from '../../../src/compute/executor.ts';
import { type AttributeValue, attributeOf } from '../../../src/compute/onnx/attributes.ts';
import { onnxExecutor } from '../../../src/compute/onnx/executor.ts';
import type { GraphProto, ModelProto } from '../../../src/compute/onnx/proto/onnx_pb.js';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from '../../../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto, valueInfoOf } from '../../../src/compute/onnx/tensors.ts';
import type { Program } from '../../../src/compute/program.ts';
import type { DType, Tensor } from '../../../src/compute/tensor.ts';

/** Models written in the test that uses them, and the few steps between a model and numbers. */
export interface ModelText {
  opset?: number;
  inputs: Record<string, [DType, (number | null)[]]>;
  /** [operator, inputs, outputs, attributes] with names separated by spaces; an operator may be “domain:operator”. */
  nodes: [operator: string, inputs: string, outputs: string, attributes?: Record<string, AttributeValue>][];
  weights?: Record<string, Tensor>;
  outputs: string;
}

const words = (text: string): string[] => (text === '' ? [] : text.split(' '));

const domainOf = (operator: string): string => operator.slice(0, Math.max(0, operator.indexOf(':')));

export const modelOf = ({ opset = 18, ...graph }: ModelText): ModelProto =>
  create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      ...[...new Set(graph.nodes.map(([operator]) => domainOf(operator)))]
        .filter((domain) => domain !== '')
        .map((domain) => ({ domain, version: domain === 'ai.onnx.ml' ? 3n : 1n })),
    ],
    graph: graphOf(graph),
  });

export const graphOf = ({ inputs, nodes, weights = {}, outputs }: Omit<ModelText, 'opset'>): GraphProto =>
  create(GraphProtoSchema, {
    name: 'test',
    input: Object.entries(inputs).map(([name, [dtype, shape]]) => valueInfoOf(name, dtype, shape)),
    output: words(outputs).map((name) => create(ValueInfoProtoSchema, { name })),
    initializer: Object.entries(weights).map(([name, tensor]) => toTensorProto(name, tensor)),
    node: nodes.map(([opType, input, output, attributes = {}]) =>
      create(NodeProtoSchema, {
        domain: domainOf(opType),
        opType: opType.slice(opType.indexOf(':') + 1),
        input: words(input),
        output: words(output),
        attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
      }),
    ),
  });

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function written(model: ModelProto): Promise<string> {
  const path = join(await temporaryFolder(), 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, model));
  return path;
}

export const toy = (name: string): string => join(import.meta.dirname, '../../fixtures/toys', name);

export async function opened(model: ModelProto | string): Promise<OpenModel> {
  const path = typeof model === 'string' ? model : await written(model);
  const home = await temporaryFolder();
  const { artifact } = await onnxExecutor.register({ path, root: dirname(path) }, home);
  const open = await onnxExecutor.open(artifact, { home, threads: 1 });
  onTestFinished(() => open.close());
  return open;
}

/** One batch through one program. */
export async function run(
  model: OpenModel,
  program: Program,
  inputs: Record<string, Tensor>,
  parameters: Record<string, Tensor> = {},
  rowValues: Record<string, Tensor> = {},
): Promise<Readonly<Record<string, Tensor>>> {
  const compiled = await model.compile(program);
  const rowCount = Object.values(inputs)[0]?.dims[0] ?? 0;
  try {
    return await compiled.run({ rowCount, inputs, rowValues }, parameters);
  } finally {
    await compiled.close();
  }
}

export const valuesOf = (tensor: Tensor | undefined): number[] =>
  Array.from((tensor?.data ?? []) as ArrayLike<number | bigint>, Number);
