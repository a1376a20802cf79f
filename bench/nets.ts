import { create } from '@bufbuild/protobuf';
import { type AttributeValue, attributeOf } from '../src/compute/onnx/attributes.ts';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from '../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto, valueInfoOf } from '../src/compute/onnx/tensors.ts';
import { float32, int64, type Tensor } from '../src/compute/tensor.ts';
import type { FeatureBinding } from '../src/data/manifest/manifest.ts';
import { normal } from './random.ts';

/** A model with random weights, and the columns of the rows that it is asked about. */
export interface Net {
  readonly name: string;
  readonly model: ModelProto;
  readonly features: readonly FeatureBinding[];
  /** SQL of each feature's column, of the row number i. */
  readonly columns: Readonly<Record<string, string>>;
  readonly rowCount: number;
}

const tables = [7, 24, 100, 500, 1000, 4000, 20_000, 50_000];
const embeddingSize = 16;

/** The ids of a click model: 128-64-32-16 on eight of them, embedded in 16 dimensions each. */
export function netS(rowCount = 1_000_000): Net {
  const graph = new Graph(11);
  const embedded = tables.map((entries, at) => {
    const id = graph.node('Gather', ['ids', graph.weight(`column${at}`, int64([], [at]))], `id${at}`, { axis: 1 });
    return graph.node('Gather', [graph.random(`table${at}`, [entries, embeddingSize], 1), id], `embedding${at}`);
  });
  const input = graph.node('Concat', embedded, 'embeddings', { axis: 1 });
  graph.tower(input, tables.length * embeddingSize, [128, 64, 32, 16]);
  const name = (at: number): string => `id${at}`;
  return {
    name: 'S',
    model: graph.model('ids', 'int64', tables.length),
    features: tables.map((_, index) => ({
      kind: 'CATEGORICAL',
      name: name(index),
      column: name(index),
      input: 'ids',
      index,
    })),
    columns: Object.fromEntries(
      tables.map((entries, at) => [name(at), `CAST(hash(i * 8 + ${at}) % ${entries} AS INTEGER)`]),
    ),
    rowCount,
  };
}

const numberCount = 416;

/** A wide one: 1024-512-256-128 on 416 numbers, a column each. */
export function netL(rowCount = 131_072): Net {
  const graph = new Graph(12);
  graph.tower('numbers', numberCount, [1024, 512, 256, 128]);
  const names = Array.from({ length: numberCount }, (_, at) => `number${at}`);
  return {
    name: 'L',
    model: graph.model('numbers', 'float32', numberCount),
    features: numbersOf(names),
    columns: columnsOf(names),
    rowCount,
  };
}

/** One layer, as wide as a probe may be. */
export function netWide(rowCount: number): Net {
  const graph = new Graph(13);
  const names = Array.from({ length: 32 }, (_, at) => `number${at}`);
  graph.tower('numbers', names.length, [4096]);
  return {
    name: 'wide',
    model: graph.model('numbers', 'float32', names.length),
    features: numbersOf(names),
    columns: columnsOf(names),
    rowCount,
  };
}

const numbersOf = (names: readonly string[]): FeatureBinding[] =>
  names.map((name, index) => ({ kind: 'NUMERIC', name, column: name, input: 'numbers', index }));

/** Between −1 and 1, every row and column its own. */
const columnsOf = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.map((name, at) => [name, `CAST((hash(i * ${names.length} + ${at}) % 2000) / 1000.0 - 1 AS FLOAT)`]),
  );

class Graph {
  readonly #graph = create(GraphProtoSchema, { name: 'net' });
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = normal(seed);
  }

  weight(name: string, tensor: Tensor): string {
    this.#graph.initializer.push(toTensorProto(name, tensor));
    return name;
  }

  random(name: string, dims: readonly [number, number], deviation: number): string {
    return this.weight(
      name,
      float32(
        dims,
        Float32Array.from({ length: dims[0] * dims[1] }, () => deviation * this.#random()),
      ),
    );
  }

  node(opType: string, input: string[], name: string, attributes: Record<string, AttributeValue> = {}): string {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#graph.node.push(create(NodeProtoSchema, { opType, input, output: [name], attribute }));
    return name;
  }

  /** ReLU layers of these sizes and a sigmoid, at the scale of He et al. 2015. */
  tower(input: string, inputSize: number, sizes: readonly number[]): void {
    const last = sizes.reduce(
      ({ name, size }, units, at) => ({
        name: this.node('Relu', [this.#dense(name, size, units, at)], `relu${at}`),
        size: units,
      }),
      { name: input, size: inputSize },
    );
    this.node('Sigmoid', [this.#dense(last.name, last.size, 1, sizes.length)], 'probability');
  }

  #dense(input: string, inputSize: number, units: number, at: number): string {
    const weight = this.random(`weight${at}`, [inputSize, units], Math.sqrt(2 / inputSize));
    const bias = this.weight(`bias${at}`, float32([units], new Float32Array(units).fill(0.05)));
    return this.node('Gemm', [input, weight, bias], `dense${at}`);
  }

  model(input: string, dtype: 'float32' | 'int64', width: number): ModelProto {
    this.#graph.input.push(valueInfoOf(input, dtype, [null, width]));
    this.#graph.output.push(create(ValueInfoProtoSchema, { name: 'probability' }));
    return create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 18n }],
      graph: this.#graph,
    });
  }
}
