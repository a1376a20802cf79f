/** One reading of the rows of a folder, bound or by DuckDB alone, and this process' peak of memory: for files.ts. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registerDataset } from '../src/data/register.ts';
import { alone, batches, everything } from './data.ts';

export type Side = 'ours' | 'alone';

export interface Measured {
  readonly peakBytes: number;
  readonly durationMs: number;
}

const [folder, side] = process.argv.slice(2) as [string, Side];
const paths = (await readdir(folder)).sort().map((name) => join(folder, name));
const dataset = await registerDataset(paths, { label: 'label', groupBy: null, partitionBy: null });
const startMs = performance.now();
await (side === 'ours' ? batches : alone)(dataset, everything, 1);
const durationMs = performance.now() - startMs;
const status = await readFile('/proc/self/status', 'utf8');
const peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
console.log(JSON.stringify({ peakBytes, durationMs } satisfies Measured));
