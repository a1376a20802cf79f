import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import type { ModelArtifact } from '../src/compute/executor.ts';
import type { ModelGraph } from '../src/compute/graph.ts';
import { onnxExecutor } from '../src/compute/onnx/executor.ts';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from '../src/compute/onnx/proto/onnx_pb.js';
import { toTensorProto, valueInfoOf } from '../src/compute/onnx/tensors.ts';
import { gradient, type Program, tensor } from '../src/compute/program.ts';
import { float32, int64 } from '../src/compute/tensor.ts';
import type { Manifest } from '../src/data/manifest/manifest.ts';
import { runTables } from '../src/pass/tables.ts';
import { statusBytes } from './peak.ts';
import { normal } from './random.ts';
import { none, type Row } from './table.ts';

export const about =
  'Anonymous memory that a session adds to a process, over a model with an embedding table of 1 GiB: weights are mapped by path, not copied. Each session answers a batch of 4,096 rows first. Then the peak of memory while a question about every entry of the table is answered, and how long that takes.';

const GiB = 2 ** 30;
const dimension = 16;
const entryCount = GiB / 4 / dimension;
const rowCount = 4096;

/** An embedding, a dense unit, a sigmoid; the table lies in a file beside the model. */
function model(): ModelProto {
  const table = create(TensorProtoSchema, {
    name: 'table',
    dataType: TensorProto_DataType.FLOAT,
    dims: [BigInt(entryCount), BigInt(dimension)],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [create(StringStringEntryProtoSchema, { key: 'location', value: 'table.bin' })],
  });
  const node = (opType: string, input: string[], output: string) =>
    create(NodeProtoSchema, { opType, input, output: [output] });
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 18n }],
    graph: create(GraphProtoSchema, {
      name: 'net',
      input: [valueInfoOf('id', 'int64', [null])],
      initializer: [table, toTensorProto('w', float32([dimension, 1], new Float32Array(dimension).fill(1)))],
      node: [
        node('Gather', ['table', 'id'], 'carrier'),
        node('MatMul', ['carrier', 'w'], 'logit'),
        node('Sigmoid', ['logit'], 'score'),
      ],
      output: [create(ValueInfoProtoSchema, { name: 'score' })],
    }),
  });
}

/** Every block the same random numbers: what is read is what counts. */
async function writeTable(path: string): Promise<void> {
  const random = normal(5);
  const block = Float32Array.from({ length: 2 ** 20 }, () => random());
  const file = await open(path, 'w');
  for (let bytes = 0; bytes < GiB; bytes += block.byteLength) await file.write(block);
  await file.close();
}

/** What a computation takes of memory at its peak. */
async function peakOf(compute: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.();
  await writeFile('/proc/self/clear_refs', '5');
  const before = await statusBytes('VmRSS');
  await compute();
  return (await statusBytes('VmHWM')) - before;
}

/** Questions about all entries of the table, as a compute process answers them. */
async function tableRows(artifact: ModelArtifact, graph: ModelGraph, home: string): Promise<Row[]> {
  const about: [what: string, name: string, spec: object][] = [
    ['norms', 'tableNorms', {}],
    ['singular values', 'tableSpectrum', {}],
    ['the 1,000 entries nearest to one', 'nearest', { id: 1 }],
  ];
  const rows: Row[] = [];
  for (const [what, name, spec] of about) {
    const analyses = [{ key: name, name, spec: { table: 'table', ...spec }, partKeys: [] }];
    const startMs = performance.now();
    const bytes = await peakOf(() =>
      runTables({
        request: { model: { artifact, graph, manifest: {} as Manifest }, dataset: null, analyses, readings: [] },
        tables: (table) => onnxExecutor.openTable(artifact, home, table),
        executor: onnxExecutor.info.name,
        device: onnxExecutor.info.device,
        onResult: () => undefined,
        onFailure: ({ error }) => {
          throw new Error(error.message);
        },
      }),
    );
    rows.push({
      what: `${what}, of ${entryCount.toLocaleString('en')} in ${((performance.now() - startMs) / 1000).toFixed(1)} s`,
      ours: megabytes(bytes),
      against: none,
      ratio: none,
      goal: none,
    });
  }
  return rows;
}

/** Memory of this process that is no file's. */
async function anonymousBytes(): Promise<number> {
  globalThis.gc?.();
  return statusBytes('RssAnon');
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export async function measure(folder: string): Promise<Row[]> {
  const path = join(folder, 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, model()));
  await writeTable(join(folder, 'table.bin'));
  const { artifact, graph } = await onnxExecutor.register({ path, root: folder }, join(folder, 'home'));
  const opened = await onnxExecutor.open(artifact, { home: join(folder, 'home'), threads: 1 });
  const ids = Array.from({ length: rowCount }, (_, at) => (at * 7919) % entryCount);
  const programs: [what: string, program: Program][] = [
    ['the score', { outputs: { score: tensor('score') } }],
    ['the gradient of the logit at the carrier', { outputs: { slope: gradient(tensor('logit'), tensor('carrier')) } }],
    ['both', { outputs: { score: tensor('score'), slope: gradient(tensor('logit'), tensor('carrier')) } }],
  ];
  const rows: Row[] = [];
  for (const [what, program] of programs) {
    const before = await anonymousBytes();
    const compiled = await opened.compile(program);
    await compiled.run({ rowCount, inputs: { id: int64([rowCount], ids) }, rowValues: {} }, {});
    rows.push({
      what: `a session for ${what}`,
      ours: megabytes((await anonymousBytes()) - before),
      against: none,
      ratio: none,
      goal: '≤ 50 MB',
    });
  }
  return [...rows, ...(await tableRows(artifact, graph, join(folder, 'home')))];
}
