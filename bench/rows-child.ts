/** One pass over the rows of a folder that `registered` made, and this process' peak of memory: for rows.ts. */
import { readFile } from 'node:fs/promises';
import { netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, passOver } from './pass.ts';
import { registeredAlready } from './workload.ts';

export type Pass = 'moments' | 'evaluation';

export interface Measured {
  readonly peakBytes: number;
  readonly durationMs: number;
}

const [folder, rowCount, pass] = process.argv.slice(2) as [string, string, Pass];
const workload = await registeredAlready(netS(Number(rowCount)), folder);
const model = await opened(workload);
const startMs = performance.now();
if (pass === 'moments') await passOver(workload, model, ofLayers(workload, 'moments'));
else await evaluationOf(workload, model);
const durationMs = performance.now() - startMs;
const status = await readFile('/proc/self/status', 'utf8');
const peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
console.log(JSON.stringify({ peakBytes, durationMs } satisfies Measured));
await model.close();
