/** A probe on a layer of 4,096 units, and this process' peak of memory: for wide.ts. */
import { decodeResult } from '../src/analysis/codec.ts';
import type { ProbeFit } from '../src/analysis/probes/probe.ts';
import { netWide } from './nets.ts';
import { opened, passOver } from './pass.ts';
import { type Measured, measured } from './peak.ts';
import { registeredAlready } from './workload.ts';

export interface MeasuredFit extends Measured {
  readonly iterations: number;
}

const [folder, rowCount] = process.argv.slice(2) as [string, string];
const workload = await registeredAlready(netWide(Number(rowCount)), folder);
const model = await opened(workload);
const spec = { layer: 'relu0', l2: 1, maxIterations: 100, tolerance: 1e-6, column: { column: 'number0', above: 0.5 } };
const { peakBytes, durationMs, result } = await measured(() =>
  passOver(workload, model, [{ key: 'fit', name: 'probe', spec, partKeys: [] }]),
);
const { iterations } = decodeResult(result.fit?.value as Uint8Array) as ProbeFit;
console.log(JSON.stringify({ peakBytes, durationMs, iterations } satisfies MeasuredFit));
await model.close();
