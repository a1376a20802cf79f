import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { AttributionMethod } from '../src/analysis/attributions/method.ts';
import { compared } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { opened, passOver } from './pass.ts';
import { perSecond, type Row, times } from './table.ts';
import { registered } from './workload.ts';

export const about =
  'Attributions of every feature, aggregated over rows, from Parquet to figures; against Captum on tensors that are in memory already (bench/python/attribution.py), in the Python that `PYTHON` names. Not a part of `npm run bench` without arguments.';

const rounds = 3;
const asked: [net: () => Net, method: AttributionMethod, goal: string][] = [
  [() => netS(200_000), 'SALIENCY', '≥ 5×'],
  [() => netL(32_768), 'SALIENCY', '≥ 1.6×'],
  [() => netS(20_000), 'INTEGRATED_GRADIENTS', '≥ 8×'],
  [() => netL(4096), 'INTEGRATED_GRADIENTS', '≥ 2×'],
];

export async function measure(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [at, [net, method, goal]] of asked.entries())
    rows.push(await rowOf(net(), method, goal, `${folder}/${at}`));
  return rows;
}

async function rowOf(net: Net, method: AttributionMethod, goal: string, folder: string): Promise<Row> {
  const workload = await registered(net, folder);
  const model = await opened(workload);
  const { rowCount } = workload.dataset;
  const steps = method === 'INTEGRATED_GRADIENTS' ? { steps: 50 } : {};
  const question = {
    key: method,
    name: 'attribution',
    spec: { method, target: { space: 'LOGIT' }, ...steps },
    partKeys: [],
  };
  const child = spawn(process.env.PYTHON ?? 'python3', ['bench/python/attribution.py', net.name, String(rowCount)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const captum = async (): Promise<void> => {
    child.stdin.write(`${method}\n`);
    if ((await lines.next()).done) throw new Error('Python ended: PYTHON must name one with torch and captum');
  };
  const { oursMs, againstMs, ratio } = await compared(() => passOver(workload, model, [question]), captum, rounds);
  child.stdin.end();
  await model.close();
  return {
    what: `${net.name}, ${rowCount.toLocaleString('en')} rows: ${method}`,
    ours: perSecond(rowCount, oursMs, 'rows'),
    against: perSecond(rowCount, againstMs, 'rows'),
    ratio: times(1 / ratio),
    goal,
  };
}
