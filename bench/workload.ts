import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { DuckDBInstance } from '@duckdb/node-api';
import { onnxExecutor } from '../src/compute/onnx/executor.ts';
import { ModelProtoSchema } from '../src/compute/onnx/proto/onnx_pb.js';
import type { RegisteredDataset } from '../src/data/files/inspect.ts';
import { inspectDataset } from '../src/data/files/inspect.ts';
import type { Manifest } from '../src/data/manifest/manifest.ts';
import type { PassModel } from '../src/pass/protocol.ts';
import type { ServerProcess } from './child.ts';
import type { Net } from './nets.ts';

/** A net as files: `model.onnx` with its `manifest.json`, and `rows.parquet` in the same folder. */
export interface Workload {
  readonly folder: string;
  readonly home: string;
  readonly model: PassModel;
  readonly dataset: RegisteredDataset;
}

export const dayCount = 10;

export async function written(net: Net, into: string): Promise<string> {
  const folder = join(into, net.name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), toBinary(ModelProtoSchema, net.model));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ features: net.features, score: scoreOf }));
  await writeRows(net, join(folder, 'rows.parquet'));
  return folder;
}

const scoreOf = { output: 'probability', index: 0, space: 'PROBABILITY' } as const;

async function writeRows({ columns, rowCount }: Net, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const expressions = [
    ...Object.entries(columns).map(([name, sql]) => `${sql} AS ${name}`),
    'CAST(hash(i + 1) % 5 = 0 AS TINYINT) AS label',
    `CAST(i * ${dayCount} // ${rowCount} AS INTEGER) AS day`,
    'CAST(hash(i + 2) % 4000 AS INTEGER) AS user_id',
    'CAST(hash(i + 3) % 100000 AS INTEGER) AS session_id',
  ];
  await connection.run(
    `COPY (SELECT ${expressions.join(', ')} FROM range(${rowCount}) t(i)) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  connection.closeSync();
  instance.closeSync();
}

const settings = { label: 'label', groupBy: 'user_id', partitionBy: 'day' } as const;

/** With a server that reads sources from the folder that it was written into. */
export async function register({ name }: Net, server: Pick<ServerProcess, 'ask'>): Promise<void> {
  const { label, groupBy, partitionBy } = settings;
  await server.ask(`mutation {
    registerModel(input: { name: "${name}", version: "1", source: { uri: "${name}/model.onnx" } }) { model { id } }
    registerDataset(input: {
      name: "${name}", version: "1", source: { uri: "${name}/rows.parquet" }
      label: "${label}", groupBy: "${groupBy}", partitionBy: "${partitionBy}"
    }) { dataset { id } }
  }`);
}

export async function registered(net: Net, into: string): Promise<Workload> {
  await written(net, into);
  return registeredAlready(net, into);
}

/** Of files that lie in the folder already. */
export async function registeredAlready(net: Net, into: string): Promise<Workload> {
  const folder = join(into, net.name);
  const home = join(into, 'home');
  const { artifact, graph } = await onnxExecutor.register({ path: join(folder, 'model.onnx'), root: folder }, home);
  const manifest: Manifest = { score: scoreOf, features: net.features, vocabularies: {} };
  const dataset = await inspectDataset([join(folder, 'rows.parquet')], settings);
  return { folder, home, model: { artifact, graph, manifest }, dataset };
}
