import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { netS } from './nets.ts';
import { type Measured, printedBy } from './peak.ts';
import type { Pass } from './rows-child.ts';
import { mebibytes, none, perSecond, type Row, times } from './table.ts';
import { registered } from './workload.ts';

export const about =
  'Peak memory of a process that runs one pass of S and nothing else, by the number of rows: moments of all layers, which keep nothing of a row; an evaluation, pooled and by ten partitions, with GAUC over 4,000 groups, which is exact and from 17 million rows on spilled to disk; against the same pass over 100,000 rows. Last, all that is exact at once — AUC with DeLong’s variance, by ten partitions, GAUC over 4,000 and over 100,000 groups, slices by a column of 100 values and by the deciles of another — against a pass that only keeps the scores of as many rows. Times are of the pass.';

const few = 100_000;
const many = 10_000_000;
const spilled = 20_000_000;

export async function measure(folder: string): Promise<Row[]> {
  const small = await measured(folder, few, ['moments', 'evaluation']);
  const large = await measured(folder, many, ['moments', 'evaluation', 'sliced', 'scores']);
  const huge = await measured(folder, spilled, ['evaluation']);
  return [
    rowOf('moments', many, large.moments, small.moments, '≤ 1.1×'),
    rowOf('evaluation', many, large.evaluation, small.evaluation, '≤ 1.1× and 16 bytes a row'),
    rowOf('evaluation, spilled', spilled, huge.evaluation, small.evaluation, none),
    besidePlain(large.sliced, large.scores),
  ];
}

type ByPass = Readonly<Partial<Record<Pass, Measured>>>;

/** Each pass in a process of its own. */
async function measured(into: string, rowCount: number, passes: readonly Pass[]): Promise<ByPass> {
  const folder = await mkdtemp(join(into, 'rows-'));
  await registered(netS(rowCount), folder);
  const found: Partial<Record<Pass, Measured>> = {};
  for (const pass of passes) found[pass] = await printedBy('rows-child.ts', [folder, String(rowCount), pass]);
  await rm(folder, { recursive: true });
  return found;
}

function besidePlain(ours: Measured | undefined, plain: Measured | undefined): Row {
  if (ours === undefined || plain === undefined) throw new Error('the pass with slices was not measured');
  const described = ({ durationMs, peakBytes }: Measured): string =>
    `${(durationMs / 1000).toFixed(1)} s, ${mebibytes(peakBytes)}`;
  return {
    what: `everything exact, ${many.toLocaleString('en')} rows`,
    ours: described(ours),
    against: described(plain),
    ratio: `${times(ours.durationMs / plain.durationMs)} the time, ${times(ours.peakBytes / plain.peakBytes)} the memory`,
    goal: none,
  };
}

function rowOf(
  pass: string,
  rowCount: number,
  ours: Measured | undefined,
  few: Measured | undefined,
  goal: string,
): Row {
  if (ours === undefined || few === undefined) throw new Error(`${pass} was not measured`);
  const perRow = Math.max(0, ours.peakBytes - few.peakBytes) / rowCount;
  return {
    what: `${pass}, ${rowCount.toLocaleString('en')} rows at ${perSecond(rowCount, ours.durationMs, 'rows')}`,
    ours: mebibytes(ours.peakBytes),
    against: mebibytes(few.peakBytes),
    ratio: `${times(ours.peakBytes / few.peakBytes)}, ${perRow.toFixed(1)} bytes a row more`,
    goal,
  };
}
