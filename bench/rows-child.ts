/** One pass over the rows of a folder that `registered` made, and this process' peak of memory: for rows.ts. */
import { readFile } from 'node:fs/promises';
import { netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, passOver, scoresQuestion } from './pass.ts';
import { registeredAlready } from './workload.ts';

export type Pass = keyof typeof passes;

export interface Measured {
  readonly peakBytes: number;
  readonly durationMs: number;
}

const [folder, rowCount, pass] = process.argv.slice(2) as [string, string, Pass];
const workload = await registeredAlready(netS(Number(rowCount)), folder);
const model = await opened(workload);
const reading = (name: string, spec: object) => ({
  key: `${name} of ${JSON.stringify(spec)}`,
  name,
  spec,
  partKeys: ['scores'],
});
const passes = {
  scores: () => passOver(workload, model, [scoresQuestion]),
  moments: () => passOver(workload, model, ofLayers(workload, 'moments')),
  evaluation: () => evaluationOf(workload, model),
  /** Beside the evaluation: GAUC over 100,000 groups, and slices by a column of a hundred values and by one of 50,000, in deciles. */
  sliced: () =>
    passOver(
      workload,
      model,
      [scoresQuestion],
      [
        reading('evaluation', {}),
        reading('gauc', { by: 'session_id' }),
        reading('slices', { by: 'id2' }),
        reading('slices', { by: 'id7' }),
      ],
    ),
};
const startMs = performance.now();
await passes[pass]();
const durationMs = performance.now() - startMs;
const status = await readFile('/proc/self/status', 'utf8');
const peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
console.log(JSON.stringify({ peakBytes, durationMs } satisfies Measured));
await model.close();
