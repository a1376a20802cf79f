import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFiles } from './data.ts';
import type { Side } from './files-child.ts';
import { median } from './measure.ts';
import { type Measured, printedBy } from './peak.ts';
import { mebibytes, perSecond, type Row, times } from './table.ts';

export const about =
  '10 million rows in four Parquet files through four numbers, four ids, a list and a vocabulary of 4,000 words, to batches of 4,096 rows; against DuckDB alone reading the same columns, one thread each. Peak memory of the process beside that for 100,000 rows. Each reading is a process of its own.';

const few = 100_000;
const many = 10_000_000;
const fileCount = 4;
const rounds = 3;

const measured = (folder: string, side: Side): Promise<Measured> => printedBy('files-child.ts', [folder, side]);

async function filesOf(into: string, rowCount: number): Promise<string> {
  const folder = join(into, String(rowCount));
  await mkdir(folder);
  await writeFiles(folder, rowCount, fileCount);
  return folder;
}

export async function measure(into: string): Promise<Row[]> {
  const [small, large] = [await filesOf(into, few), await filesOf(into, many)];
  const { peakBytes: smallBytes } = await measured(small, 'ours');
  const pairs: [Measured, Measured][] = [];
  for (let round = 0; round < rounds; round++)
    pairs.push([await measured(large, 'ours'), await measured(large, 'alone')]);
  await rm(large, { recursive: true });
  const [ours, alone] = [0, 1].map((side) => median(pairs.map((pair) => (pair[side] as Measured).durationMs)));
  const peakBytes = median(pairs.map(([one]) => one.peakBytes));
  return [
    {
      what: 'rows/s',
      ours: perSecond(many, ours as number, 'rows'),
      against: perSecond(many, alone as number, 'rows'),
      ratio: times(median(pairs.map(([one, other]) => other.durationMs / one.durationMs))),
      goal: '3 M rows/s',
    },
    {
      what: 'peak memory, beside 100,000 rows',
      ours: mebibytes(peakBytes),
      against: mebibytes(smallBytes),
      ratio: times(peakBytes / smallBytes),
      goal: '≤ 1.1×',
    },
  ];
}
