import { scores } from '../src/analysis/scores.ts';
import { sweep } from '../src/pass/sweep.ts';
import { compared } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { ofLayers, opened, passOver, sweptRows } from './pass.ts';
import { milliseconds, type Row, times } from './table.ts';
import { registered } from './workload.ts';

export const about =
  'Moments of all layers, with correlations with label and score, in one pass over Parquet; against the plain forward of the same rows, read the same way.';

const rounds = 7;

export async function measure(folder: string): Promise<Row[]> {
  return [await rowOf(netS(), folder), await rowOf(netL(), folder)];
}

async function rowOf(net: Net, folder: string): Promise<Row> {
  const workload = await registered(net, folder);
  const model = await opened(workload);
  const subject = { graph: workload.model.graph, score: workload.model.manifest.score };
  const forward = async () => {
    for await (const _ of sweep(
      [scores.program({}, subject, scores.start({}, subject))],
      {},
      sweptRows(workload, model),
    ));
  };
  const { oursMs, againstMs, ratio } = await compared(
    () => passOver(workload, model, ofLayers(workload, 'moments')),
    forward,
    rounds,
  );
  return {
    what: `${net.name}, ${workload.dataset.rowCount.toLocaleString('en')} rows`,
    ours: milliseconds(oursMs),
    against: milliseconds(againstMs),
    ratio: times(ratio),
    goal: '≤ 1.5×',
  };
}
