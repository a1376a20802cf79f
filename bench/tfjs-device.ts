/** Prints the rows of one device, which TFJS_DEVICE names, as JSON; its argument is a folder that is not there yet. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import type { Executor, ModelArtifact, OpenModel } from '../src/compute/executor.ts';
import { onnxExecutor } from '../src/compute/onnx/executor.ts';
import { ModelProtoSchema } from '../src/compute/onnx/proto/onnx_pb.js';
import { abs, constant, gradient, matmul, type Program, reshape, tensor } from '../src/compute/program.ts';
import { float32, int64, type Tensor } from '../src/compute/tensor.ts';
import { tfjsExecutor } from '../src/compute/tfjs/executor.ts';
import { compared } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { openedInTurn, threads } from './pass.ts';
import { milliseconds, none, type Row, times } from './table.ts';
import { writeGraphModel } from './tfjs-graph.ts';

const rowCount = 4096;
const names: Readonly<Record<string, string>> = { tensorflow: 'native', wasm: 'WebAssembly', cpu: 'JavaScript' };

/** A batch: ids within every table, or numbers. */
function batchOf({ features }: Net): Readonly<Record<string, Tensor>> {
  const width = features.length;
  const values = Array.from({ length: rowCount * width }, (_, at) => (at * 7919) % 7);
  const [first] = features;
  const input = first?.input ?? '';
  return {
    [input]: first?.kind === 'NUMERIC' ? float32([rowCount, width], values) : int64([rowCount, width], values),
  };
}

const ones = constant(float32([1, rowCount], new Float32Array(rowCount).fill(1)));

/** The logit alone, and its gradient by every carrier. */
function programsOf({ graph }: OpenModel): { forward: Program; saliency: Program } {
  const logit = tensor(graph.logits[0]?.tensor ?? '');
  const lookups = graph.lookups.map(({ carrier }) => carrier);
  const carriers = lookups.length > 0 ? lookups : graph.inputs.map(({ name }) => name);
  const sums = carriers.map((name, at) => [
    `sum${at}`,
    matmul(ones, reshape(abs(gradient(logit, tensor(name))), [rowCount, -1])),
  ]);
  return { forward: { outputs: { logit } }, saliency: { outputs: { logit, ...Object.fromEntries(sums) } } };
}

async function registered(executor: Executor, path: string, root: string, home: string): Promise<ModelArtifact> {
  const { artifact } = await executor.register({ path, root }, home, threads);
  return artifact;
}

async function rowsOf(net: Net, rounds: number, folder: string): Promise<Row[]> {
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), toBinary(ModelProtoSchema, net.model));
  await writeGraphModel(net.model, join(folder, 'tfjs'));
  const graph = await registered(tfjsExecutor, join(folder, 'tfjs'), join(folder, 'tfjs'), home);
  const file = await registered(onnxExecutor, join(folder, 'model.onnx'), folder, home);
  const tfjs = await tfjsExecutor.open(graph, { home, threads });
  const onnx = await openedInTurn(file, home, threads);
  const [ours, theirs] = [programsOf(tfjs), programsOf(onnx)];
  const batch = { rowCount, inputs: batchOf(net), rowValues: {} };
  const rows: Row[] = [];
  for (const name of ['forward', 'saliency'] as const) {
    const [a, b] = [await tfjs.compile(ours[name]), await onnx.compile(theirs[name])];
    const { oursMs, againstMs, ratio } = await compared(
      () => a.run(batch, {}),
      () => b.run(batch, {}),
      rounds,
    );
    const what = `${net.name}, ${names[tfjsExecutor.info.device]}: ${name}`;
    rows.push({ what, ours: milliseconds(oursMs), against: milliseconds(againstMs), ratio: times(ratio), goal: none });
  }
  return rows;
}

const folder = process.argv[2] ?? '';
const rows = [...(await rowsOf(netS(), 30, join(folder, 'S'))), ...(await rowsOf(netL(), 10, join(folder, 'L')))];
process.stdout.write(JSON.stringify(rows));
process.exit(0);
