import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { netWide } from './nets.ts';
import { none, type Row } from './table.ts';
import type { Measured } from './wide-child.ts';
import { registered } from './workload.ts';

export const about =
  'A probe on a layer of 4,096 units, the widest there may be: memory of a process that fits it and nothing else, at its peak. A Gram matrix of float64 takes 134 MB. Not a part of `npm run bench` without arguments.';

const rowCount = 8192;

export async function measure(folder: string): Promise<Row[]> {
  await registered(netWide(rowCount), folder);
  const child = join(import.meta.dirname, 'wide-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [child, folder, String(rowCount)]);
  const { peakBytes, durationMs, iterations }: Measured = JSON.parse(stdout);
  return [
    {
      what: `${rowCount.toLocaleString('en')} rows, ${iterations} steps, ${(durationMs / iterations / 1000).toFixed(1)} s each`,
      ours: `${Math.round(peakBytes / 2 ** 20).toLocaleString('en')} MiB`,
      against: none,
      ratio: none,
      goal: none,
    },
  ];
}
