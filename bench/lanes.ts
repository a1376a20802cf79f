import type { OpenModel } from '../src/compute/executor.ts';
import { compared } from './measure.ts';
import { netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, openedInTurn, passOver, threads } from './pass.ts';
import { milliseconds, none, type Row, times } from './table.ts';
import { registered, type Workload } from './workload.ts';

export const about =
  'Passes whose batches run side by side, each in a lane (docs/adr/0005-lanes.md); against the same one batch after the other, whose operators share as many threads.';

const rounds = 5;

const passes: Record<string, (workload: Workload, model: OpenModel) => Promise<unknown>> = {
  'evaluation, pooled and by ten partitions': evaluationOf,
  'moments of all layers': (workload, model) => passOver(workload, model, ofLayers(workload, 'moments')),
  'moments and covariance of all layers': (workload, model) =>
    passOver(
      workload,
      model,
      ['moments', 'covariance'].flatMap((name) => ofLayers(workload, name)),
    ),
};

export async function measure(folder: string): Promise<Row[]> {
  const workload = await registered(netS(), folder);
  const inLanes = await opened(workload);
  const inTurn = await openedInTurn(workload.model.artifact, workload.home, threads);
  const rows: Row[] = [];
  for (const [what, pass] of Object.entries(passes)) {
    const { oursMs, againstMs, ratio } = await compared(
      () => pass(workload, inLanes),
      () => pass(workload, inTurn),
      rounds,
    );
    rows.push({
      what: `S, ${workload.dataset.rowCount.toLocaleString('en')} rows: ${what}`,
      ours: milliseconds(oursMs),
      against: milliseconds(againstMs),
      ratio: times(ratio),
      goal: none,
    });
  }
  return rows;
}
