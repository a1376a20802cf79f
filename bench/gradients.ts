import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import type { CompiledProgram, OpenModel } from '../src/compute/executor.ts';
import { type AttributeValue, attributeOf } from '../src/compute/onnx/attributes.ts';
import { onnxExecutor } from '../src/compute/onnx/executor.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from '../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto, valueInfoOf } from '../src/compute/onnx/tensors.ts';
import * as p from '../src/compute/program.ts';
import { elementCount, float32, int64, type Tensor } from '../src/compute/tensor.ts';
import { openedInTurn } from './pass.ts';
import { milliseconds, type Row, times } from './table.ts';

export const about =
  'Forward pass and gradient of the logit at every carrier in one run of onnxruntime, summed over 4,096 rows; against the forward pass alone.';

const rowCount = 4096;
const repetitions = 60;

/** A net of dense layers with ReLU, and its batch. `carriers`: what a gradient is asked for. */
interface Net {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly nodes: [operator: string, inputs: string[], output: string, attributes?: Record<string, AttributeValue>][];
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly carriers: readonly string[];
}

const random = (dims: readonly number[], scale: number): Tensor =>
  float32(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => scale * (2 * Math.random() - 1)),
  );

/** Eight ids with 16 dimensions each. */
function small(): Net {
  const sizes = [7, 24, 100, 105, 1000, 4000, 20_000, 50_000];
  const ids = sizes.map((_, index) => `id${index}`);
  return dense('S: eight ids, 128-64-32-16', [128, 128, 64, 32, 16, 1], {
    inputs: Object.fromEntries(
      sizes.map((size, index) => [
        `id${index}`,
        int64(
          [rowCount],
          Array.from({ length: rowCount }, () => Math.floor(Math.random() * size)),
        ),
      ]),
    ),
    weights: Object.fromEntries(sizes.map((size, index) => [`table${index}`, random([size, 16], 1)])),
    nodes: [
      ...ids.map((id, index): Net['nodes'][number] => ['Gather', [`table${index}`, id], `${id}_embedding`]),
      ['Concat', ids.map((id) => `${id}_embedding`), 'x', { axis: 1 }],
    ],
    carriers: ids.map((id) => `${id}_embedding`),
  });
}

const large = (): Net =>
  dense('L: 416 numbers, 1024-512-256-128', [416, 1024, 512, 256, 128, 1], {
    inputs: { x: random([rowCount, 416], 1) },
    weights: {},
    nodes: [],
    carriers: ['x'],
  });

/** Dense layers of these widths behind a tensor x, the last one giving the logit. */
function dense(name: string, widths: readonly number[], { nodes, weights, ...net }: Omit<Net, 'name'>): Net {
  const layers = widths.slice(1).map((width, index) => ({ from: widths[index] ?? 0, width, index }));
  const last = layers.length - 1;
  return {
    name,
    ...net,
    nodes: [
      ...nodes,
      ...layers.flatMap(({ index }): Net['nodes'] => {
        const input = index === 0 ? 'x' : `relu${index - 1}`;
        const output = index === last ? 'logit' : `dense${index}`;
        const gemm: Net['nodes'][number] = ['Gemm', [input, `w${index}`, `b${index}`], output, { transB: 1 }];
        return index === last ? [gemm] : [gemm, ['Relu', [output], `relu${index}`]];
      }),
      ['Sigmoid', ['logit'], 'score'],
    ],
    weights: {
      ...weights,
      ...Object.fromEntries(
        layers.flatMap(({ from, width, index }) => [
          [`w${index}`, random([width, from], Math.sqrt(3 / from))],
          [`b${index}`, random([width], 0.1)],
        ]),
      ),
    },
  };
}

async function opened(net: Net, folder: string, threads: number): Promise<OpenModel> {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: create(GraphProtoSchema, {
      name: 'net',
      input: Object.entries(net.inputs).map(([name, { dtype, dims }]) =>
        valueInfoOf(name, dtype, [null, ...dims.slice(1)]),
      ),
      initializer: Object.entries(net.weights).map(([name, tensor]) => toTensorProto(name, tensor)),
      node: net.nodes.map(([opType, input, output, attributes = {}]) =>
        create(NodeProtoSchema, {
          opType,
          input,
          output: [output],
          attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
        }),
      ),
      output: [create(ValueInfoProtoSchema, { name: 'score' })],
    }),
  });
  const path = join(folder, 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, model));
  const { artifact } = await onnxExecutor.register({ path, root: folder }, folder);
  return await openedInTurn(artifact, folder, threads);
}

/** Median of batches, the two taking turns, so that both see the same machine. */
async function medians(net: Net, programs: readonly CompiledProgram[]): Promise<number[]> {
  const took: number[][] = programs.map(() => []);
  for (let repetition = -5; repetition < repetitions; repetition++)
    for (const [index, program] of programs.entries()) {
      const startMs = performance.now();
      await program.run({ rowCount, inputs: net.inputs, rowValues: {} }, {});
      if (repetition >= 0) took[index]?.push(performance.now() - startMs);
    }
  return took.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN);
}

/** Sums over rows as passes take them: a product, since column sums of onnxruntime are slow. */
const ones = p.constant(float32([1, rowCount], new Float32Array(rowCount).fill(1)));

export async function measure(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const net of [small(), large()]) {
    const model = await opened(net, folder, availableParallelism());
    const logit = { logit: p.tensor('logit') };
    const saliency = net.carriers.map((name) => [
      name,
      p.matmul(ones, p.abs(p.gradient(p.tensor('logit'), p.tensor(name)))),
    ]);
    const programs = [
      await model.compile({ outputs: { ...logit, ...Object.fromEntries(saliency) } }),
      await model.compile({ outputs: logit }),
    ];
    const [ours = 0, against = 0] = await medians(net, programs);
    rows.push({
      what: net.name,
      ours: milliseconds(ours),
      against: milliseconds(against),
      ratio: times(ours / against),
      goal: '≤ 2.3×',
    });
    for (const program of programs) await program.close();
    await model.close();
  }
  return rows;
}
