/** A probe on a layer of 4,096 units, and this process' peak of memory: for wide.ts. */
import { readFile } from 'node:fs/promises';
import { decodeResult } from '../src/analysis/codec.ts';
import type { ProbeFit } from '../src/analysis/probe.ts';
import { netWide } from './nets.ts';
import { opened, passOver } from './pass.ts';
import { registeredAlready } from './workload.ts';

export interface Measured {
  readonly peakBytes: number;
  readonly durationMs: number;
  readonly iterations: number;
}

const [folder, rowCount] = process.argv.slice(2) as [string, string];
const workload = await registeredAlready(netWide(Number(rowCount)), folder);
const model = await opened(workload);
const spec = { layer: 'relu0', l2: 1, maxIterations: 100, tolerance: 1e-6, column: { column: 'number0', above: 0.5 } };
const startMs = performance.now();
const { fit } = await passOver(workload, model, [{ key: 'fit', name: 'probe', spec, partKeys: [] }]);
const durationMs = performance.now() - startMs;
const { iterations } = decodeResult(fit?.value as Uint8Array) as ProbeFit;
const status = await readFile('/proc/self/status', 'utf8');
const peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
console.log(JSON.stringify({ peakBytes, durationMs, iterations } satisfies Measured));
await model.close();
