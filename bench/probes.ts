import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { decodeResult } from '../src/analysis/codec.ts';
import type { EvaluationResult } from '../src/analysis/quality/evaluation.ts';
import type { OpenModel } from '../src/compute/executor.ts';
import type { RowSelection } from '../src/data/types.ts';
import { compared } from './measure.ts';
import { netS } from './nets.ts';
import { opened, passOver } from './pass.ts';
import { none, perSecond, type Row, times } from './table.ts';
import { registered, type Workload } from './workload.ts';

export const about =
  'A probe on every layer of S: fitted on eight days, judged on the two after, from Parquet to AUC, the target whether an id of 24 is above 11. Against bench/python/probes.py in the Python that `PYTHON` names: activations by onnxruntime, then scikit-learn’s LogisticRegression with its default solver and with the one that is fastest here. Not a part of `npm run bench` without arguments.';

const rounds = 1;
const rowCount = 100_000;

const days = (...partitions: number[]): RowSelection => ({
  partitions: partitions.map(String),
  where: [],
  invalid: 'FAIL',
});

export async function measure(folder: string): Promise<Row[]> {
  const workload = await registered(netS(rowCount), folder);
  const model = await opened(workload);
  const rows: Row[] = [];
  for (const [solver, goal] of [
    ['lbfgs', '≥ 5×'],
    ['newton-cholesky', none],
  ] as const)
    rows.push(await rowOf(workload, model, solver, goal));
  await model.close();
  return rows;
}

async function rowOf(workload: Workload, model: OpenModel, solver: string, goal: string): Promise<Row> {
  const layers = workload.model.graph.layers.map(({ name }) => name);
  const child = spawn(process.env.PYTHON ?? 'python3', ['bench/python/probes.py', workload.folder, solver, ...layers], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let theirs: number[] = [];
  let mine: number[] = [];
  const python = async (): Promise<void> => {
    child.stdin.write('\n');
    const { done, value } = await lines.next();
    if (done) throw new Error('Python ended: PYTHON must name one with the packages of probes.py');
    theirs = JSON.parse(value);
  };
  const ours = async (): Promise<void> => {
    mine = await probed(workload, model, layers);
  };
  const { oursMs, againstMs, ratio } = await compared(ours, python, rounds);
  child.stdin.end();
  const difference = Math.max(...mine.map((auc, at) => Math.abs(auc - (theirs[at] as number))));
  return {
    what: `${layers.length} layers, ${rowCount.toLocaleString('en')} rows, ${solver}; AUCs within ${difference.toExponential(0)}`,
    ours: perSecond(rowCount, oursMs, 'rows'),
    against: perSecond(rowCount, againstMs, 'rows'),
    ratio: times(1 / ratio),
    goal,
  };
}

/** The AUCs of all layers' probes on the test days. */
async function probed(workload: Workload, model: OpenModel, layers: readonly string[]): Promise<number[]> {
  const spec = { column: { column: 'id1', above: 11 }, l2: 1, maxIterations: 100, tolerance: 1e-6 };
  const asked = (name: string, key: string, part?: string) =>
    layers.map((layer) => ({
      key: `${key} ${layer}`,
      name,
      spec: { ...spec, layer },
      partKeys: part === undefined ? [] : [`${part} ${layer}`],
    }));
  const kept = await passOver(workload, model, asked('probe', 'fit'), [], { rows: days(0, 1, 2, 3, 4, 5, 6, 7) });
  const judged = await passOver(
    workload,
    model,
    asked('probeScores', 'scores', 'fit'),
    asked('probeEvaluation', 'auc', 'scores'),
    { rows: days(8, 9), kept },
  );
  return layers.map((layer) => (decodeResult(judged[`auc ${layer}`]?.value as Uint8Array) as EvaluationResult).auc);
}
