import { compared } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { ofLayers, opened, passOver, plainForward } from './pass.ts';
import { milliseconds, none, type Row, times } from './table.ts';
import { registered } from './workload.ts';

export const about =
  'Moments of all layers, with correlations with label and score, in one pass over Parquet; and with smallest and largest values and zeros; and with covariance. Against the plain forward of the same rows, read the same way.';

const rounds = 5;

export async function measure(folder: string): Promise<Row[]> {
  return [...(await rowsOf(netS(), folder)), ...(await rowsOf(netL(), folder))];
}

async function rowsOf(net: Net, folder: string): Promise<Row[]> {
  const workload = await registered(net, folder);
  const model = await opened(workload);
  const forward = () => plainForward(workload, model);
  const rowOf = async (what: string, analyses: readonly string[], goal: string): Promise<Row> => {
    const questions = analyses.flatMap((name) => ofLayers(workload, name));
    const { oursMs, againstMs, ratio } = await compared(() => passOver(workload, model, questions), forward, rounds);
    return {
      what: `${net.name}, ${workload.dataset.rowCount.toLocaleString('en')} rows: ${what}`,
      ours: milliseconds(oursMs),
      against: milliseconds(againstMs),
      ratio: times(ratio),
      goal,
    };
  };
  return [
    await rowOf('moments', ['moments'], '≤ 1.5×'),
    await rowOf('moments and extremes', ['moments', 'extremes'], none),
    await rowOf('moments and covariance', ['moments', 'covariance'], '≤ 3×'),
  ];
}
