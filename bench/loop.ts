import { median, timed } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, passOver } from './pass.ts';
import { none, perSecond, type Row } from './table.ts';
import { registered } from './workload.ts';

export const about = 'The whole loop, as a compute process runs it: Parquet read, bound, run, folded, answered.';

const rounds = 5;

export async function measure(folder: string): Promise<Row[]> {
  return [...(await rowsOf(netS(), folder)), ...(await rowsOf(netL(), folder))];
}

async function rowsOf(net: Net, folder: string): Promise<Row[]> {
  const workload = await registered(net, folder);
  const model = await opened(workload);
  const rowOf = async (what: string, pass: () => Promise<unknown>): Promise<Row> => {
    await pass();
    const all: number[] = [];
    for (let round = 0; round < rounds; round++) all.push(await timed(pass));
    const rowCount = workload.dataset.rowCount;
    const ours = perSecond(rowCount, median(all), 'rows');
    return {
      what: `${net.name}, ${rowCount.toLocaleString('en')} rows: ${what}`,
      ours,
      against: none,
      ratio: none,
      goal: none,
    };
  };
  return [
    await rowOf('evaluation, pooled and by ten partitions, with GAUC over 4,000 groups', () =>
      evaluationOf(workload, model),
    ),
    await rowOf('moments of all layers', () => passOver(workload, model, ofLayers(workload, 'moments'))),
  ];
}
