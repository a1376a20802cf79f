import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { OpenModel } from '../../src/compute/executor.ts';
import type { LogitTensor, ModelGraph } from '../../src/compute/graph.ts';
import { onnxExecutor } from '../../src/compute/onnx/executor.ts';
import * as p from '../../src/compute/program.ts';
import type { Tensor } from '../../src/compute/tensor.ts';
import { blankTensor } from '../../src/data/batches/tensor-fill.ts';
import { type Carrier, carriersOf } from '../../src/data/manifest/carriers.ts';
import type { Manifest } from '../../src/data/manifest/manifest.ts';
import { resolveManifest } from '../../src/data/manifest/resolve.ts';

/** What PyTorch says of a model of the zoo (test/fixtures/generate/zoo). */
export interface Expected {
  readonly source: string;
  readonly manifest: unknown;
  readonly inputs: Readonly<Record<string, { dtype: Tensor['dtype']; dims: number[]; values: number[] }>>;
  /** Row-major [rows, heads]. */
  readonly scores: readonly number[];
  /** By head. */
  readonly logits: readonly (readonly number[])[];
  /** By feature: how many vectors carry it, and of the logit's gradient there the sum and the L2 norm, a row each. */
  readonly gradients: Readonly<Record<string, { carrierCount: number; sum?: number[]; norm?: number[] }>>;
}

/** What became of a model of the zoo here; differences are the largest over all rows. */
export interface Findings {
  readonly scoreDifference: number;
  /** Heads of the model, and those whose logit is in the graph. */
  readonly headCount: number;
  readonly logitCount: number;
  readonly logitDifference: number;
  /** Features that PyTorch looks up and that have no carrier here. */
  readonly missing: readonly string[];
  /** Of sums and norms, in parts of the largest norm; or why there are no gradients. */
  readonly gradientDifference: number | string;
}

/** Registers, opens and runs `path` (its answers beside it, as .json), and compares. Throws what registration throws. */
export async function examined(path: string): Promise<Findings> {
  const expected: Expected = JSON.parse(await readFile(path.replace(/\.onnx$/, '.json'), 'utf8'));
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  try {
    const { artifact, graph } = await onnxExecutor.register({ path, root: dirname(path) }, home);
    const model = await onnxExecutor.open(artifact, { home, threads: 1 });
    const readFile = () => Promise.reject(new Error('the zoo has no vocabularies'));
    const manifest = await resolveManifest(graph, expected.manifest, { readFile, home });
    const findings = await compared(model, manifest, expected);
    await model.close();
    return findings;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function compared(model: OpenModel, manifest: Manifest, expected: Expected): Promise<Findings> {
  const { graph } = model;
  const carriers = new Map(manifest.features.map((feature) => [feature.name, carriersOf(graph, feature)]));
  const outputs = { score: p.tensor(manifest.score.output), ...logitExpressions(graph.logits) };
  const forward = await run(model, { outputs }, expected);
  const found = graph.logits.map((logit) => column(forward[keyOf(logit)] as Tensor, logit.tensorIndex));
  return {
    scoreDifference: difference(values(forward.score as Tensor), expected.scores),
    headCount: expected.logits.length,
    logitCount: found.length,
    logitDifference: Math.max(
      0,
      ...found.map((logit, at) => difference(logit, expected.logits[graph.logits[at]?.index ?? 0] ?? [])),
    ),
    missing: Object.entries(expected.gradients).flatMap(([name, { carrierCount }]) =>
      carrierCount > 0 && carriers.get(name)?.length === 0 ? [name] : [],
    ),
    gradientDifference: await gradientDifference(model, manifest, carriers, expected).catch(
      (error: Error) => error.message,
    ),
  };
}

const keyOf = ({ output, index }: LogitTensor): string => `logit ${output} ${index}`;
const logitExpressions = (logits: ModelGraph['logits']): Record<string, p.Expression> =>
  Object.fromEntries(logits.map((logit) => [keyOf(logit), p.tensor(logit.tensor)]));

async function gradientDifference(
  model: OpenModel,
  { score }: Manifest,
  carriers: ReadonlyMap<string, readonly Carrier[]>,
  { gradients, ...expected }: Expected,
): Promise<number> {
  const target = targetOf(model.graph, score);
  const tensors = new Set([...carriers.values()].flat().map(({ tensor }) => tensor));
  const outputs = Object.fromEntries([...tensors].map((name) => [name, p.gradient(target, p.tensor(name))]));
  const results = await run(model, { outputs }, { ...expected, gradients });
  const known = Object.entries(gradients).filter(([, { sum }]) => sum !== undefined);
  const scale = Math.max(...known.flatMap(([, { norm }]) => norm ?? []));
  const differences = known.map(([name, { sum = [], norm = [] }]) => {
    const own = (carriers.get(name) ?? []).map((carrier) =>
      rowsOf(results[carrier.tensor] as Tensor, carrier, sum.length),
    );
    const elements = sum.map((_, row) => own.flatMap((rows) => rows[row] ?? []));
    return Math.max(
      difference(
        elements.map((row) => row.reduce((total, value) => total + value, 0)),
        sum,
      ),
      difference(
        elements.map((row) => Math.hypot(...row)),
        norm,
      ),
    );
  });
  return Math.max(...differences) / scale;
}

/** The logit's tensor, or log(p / (1 − p)) where a head has none. */
function targetOf({ logits }: ModelGraph, { output, index }: Manifest['score']): p.Expression {
  const logit = logits.find((one) => one.output === output && one.index === index);
  const chosen = (name: string, at: number) => p.slice(p.reshape(p.tensor(name), [0, -1]), 1, at, at + 1);
  if (logit !== undefined) return chosen(logit.tensor, logit.tensorIndex);
  const probability = chosen(output, index);
  return p.sub(p.log(probability), p.log(p.sub(p.scalar(1), probability)));
}

/** Elements of each row that belong to a carrier. */
function rowsOf(gradient: Tensor, { places, size }: Carrier, rowCount: number): number[][] {
  const all = values(gradient);
  const width = all.length / rowCount;
  return Array.from({ length: rowCount }, (_, row) =>
    all.slice(row * width, (row + 1) * width).filter((_, at) => places.includes(Math.floor(at / size))),
  );
}

async function run(
  model: OpenModel,
  program: p.Program,
  { inputs }: Expected,
): Promise<Readonly<Record<string, Tensor>>> {
  const compiled = await model.compile(program);
  const given = Object.entries(inputs).map(([name, { dtype, dims, values: numbers }]) => {
    const tensor = blankTensor(dtype, dims);
    for (const [at, value] of numbers.entries()) tensor.data[at] = dtype === 'int64' ? BigInt(value) : value;
    return [name, tensor] as const;
  });
  try {
    const rowCount = given[0]?.[1].dims[0] ?? 0;
    return await compiled.run({ rowCount, inputs: Object.fromEntries(given), rowValues: {} }, {});
  } finally {
    await compiled.close();
  }
}

const values = ({ data }: Tensor): number[] => Array.from(data as ArrayLike<number | bigint>, Number);

function column(tensor: Tensor, index: number): number[] {
  const width = tensor.data.length / (tensor.dims[0] ?? 1);
  return values(tensor).filter((_, at) => at % width === index);
}

function difference(got: readonly number[], wanted: readonly number[]): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return Math.max(0, ...got.map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN))));
}
