import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, serverOn, started } from './child.ts';
import { requestsPerSecond } from './load.ts';
import { median } from './measure.ts';
import { type Row, times } from './table.ts';

export const about =
  'A query of the flight example whose answers are kept, over HTTP by eight clients; against the same bytes from a static resolver on bare GraphQL Yoga.';

const rounds = 5;
const durationMs = 2000;

const query = `{
  model(name: "flights", version: "2") {
    evaluation(rows: { dataset: "flights" }) { auc byPartition { slice rowCount auc gauc normalizedEntropy } }
    layer(name: "relu_3") {
      statistics(rows: { dataset: "flights", partitions: ["10"] }) { mean standardDeviation deadUnits }
      neurons(rows: { dataset: "flights", partitions: ["10"] }, orderBy: { field: ABS_CORRELATION_WITH_SCORE }, first: 4) {
        edges { node { index } statistics { mean standardDeviation correlationWithScore correlationWithLabel } }
      }
    }
  }
}`;

export async function measure(folder: string): Promise<Row[]> {
  const home = join(folder, 'home');
  await mkdir(home);
  await using ours = await serverOn(folder, home, true);
  const file = join(folder, 'answer.json');
  await writeFile(file, JSON.stringify(await ours.ask(query)));
  await using bare = await started(['bench/static-server.ts', file], {});
  const rates: [number, number][] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair: [number, number] = [await rate(ours, query), await rate(bare, '{ model }')];
    if (round > 0) rates.push(pair);
  }
  return [
    {
      what: 'evaluation, statistics of a layer, ordered neurons',
      ours: perSecond(median(rates.map(([mine]) => mine))),
      against: perSecond(median(rates.map(([, other]) => other))),
      ratio: times(median(rates.map(([mine, other]) => mine / other))),
      goal: '≥ 0.5×',
    },
  ];
}

const rate = ({ url }: ServerProcess, document: string): Promise<number> =>
  requestsPerSecond(url, document, durationMs);
const perSecond = (requests: number): string => `${Math.round(requests).toLocaleString('en')} requests/s`;
