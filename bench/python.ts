import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { compared } from './measure.ts';
import { netS } from './nets.ts';
import { evaluationOf, opened } from './pass.ts';
import { perSecond, type Row, times } from './table.ts';
import { registered } from './workload.ts';

export const about =
  'Evaluation, pooled and by ten partitions, each with GAUC over 4,000 groups, from Parquet to figures; against bench/python/evaluation.py (pandas, onnxruntime, scikit-learn) in the Python that `PYTHON` names. Not a part of `npm run bench` without arguments.';

const rounds = 3;

export async function measure(folder: string): Promise<Row[]> {
  const workload = await registered(netS(), folder);
  const model = await opened(workload);
  const child = spawn(process.env.PYTHON ?? 'python3', ['bench/python/evaluation.py', workload.folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const python = async (): Promise<void> => {
    child.stdin.write('\n');
    if ((await lines.next()).done)
      throw new Error('Python ended: PYTHON must name one with the packages of evaluation.py');
  };
  const { oursMs, againstMs, ratio } = await compared(() => evaluationOf(workload, model), python, rounds);
  child.stdin.end();
  const { rowCount } = workload.dataset;
  return [
    {
      what: `S, ${rowCount.toLocaleString('en')} rows`,
      ours: perSecond(rowCount, oursMs, 'rows'),
      against: perSecond(rowCount, againstMs, 'rows'),
      ratio: times(1 / ratio),
      goal: '≥ 2×',
    },
  ];
}
