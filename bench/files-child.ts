/** One reading of the rows of a folder, bound or by DuckDB alone, and this process' peak of memory: for files.ts. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectDataset } from '../src/data/files/inspect.ts';
import { alone, batches, everything } from './data.ts';
import { type Measured, measured } from './peak.ts';

export type Side = 'ours' | 'alone';

const [folder, side] = process.argv.slice(2) as [string, Side];
const paths = (await readdir(folder)).sort().map((name) => join(folder, name));
const dataset = await inspectDataset(paths, { label: 'label', groupBy: null, partitionBy: null });
const { peakBytes, durationMs } = await measured(() => (side === 'ours' ? batches : alone)(dataset, everything, 1));
console.log(JSON.stringify({ peakBytes, durationMs } satisfies Measured));
