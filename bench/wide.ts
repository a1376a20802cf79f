import { netWide } from './nets.ts';
import { printedBy } from './peak.ts';
import { mebibytes, none, type Row } from './table.ts';
import type { MeasuredFit } from './wide-child.ts';
import { registered } from './workload.ts';

export const about =
  'A probe on a layer of 4,096 units, the widest there may be: memory of a process that fits it and nothing else, at its peak. A Gram matrix of float64 takes 134 MB. Not a part of `npm run bench` without arguments.';

const rowCount = 8192;

export async function measure(folder: string): Promise<Row[]> {
  await registered(netWide(rowCount), folder);
  const { peakBytes, durationMs, iterations } = await printedBy<MeasuredFit>('wide-child.ts', [
    folder,
    String(rowCount),
  ]);
  return [
    {
      what: `${rowCount.toLocaleString('en')} rows, ${iterations} steps, ${(durationMs / iterations / 1000).toFixed(1)} s each`,
      ours: mebibytes(peakBytes),
      against: none,
      ratio: none,
      goal: none,
    },
  ];
}
