/** One pass over the rows of a folder that `registered` made, and this process' peak of memory: for rows.ts. */
import { netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, passOver, scoresQuestion } from './pass.ts';
import { type Measured, measured } from './peak.ts';
import { registeredAlready } from './workload.ts';

export type Pass = keyof typeof passes;

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
const { peakBytes, durationMs } = await measured(passes[pass]);
console.log(JSON.stringify({ peakBytes, durationMs } satisfies Measured));
await model.close();
