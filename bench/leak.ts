import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serverOn } from './child.ts';
import { residentBytes } from './crowd.ts';
import { none, perSecond, type Row } from './table.ts';

export const about =
  'Ten thousand passes, each over one month of the flight example with a filter that nobody has used before, by eight clients.';

const passCount = 10_000;
const clientCount = 8;
/** From then on caches are full. */
const warmCount = 1000;

export async function measure(folder: string): Promise<Row[]> {
  const home = join(folder, 'home');
  await mkdir(home);
  await using server = await serverOn(folder, home, true);
  let asked = 0;
  const passesTo = async (count: number): Promise<void> => {
    const client = async (): Promise<void> => {
      while (asked < count) await server.ask(question(++asked));
    };
    await Promise.all(Array.from({ length: clientCount }, client));
  };
  await passesTo(warmCount);
  const warmBytes = await residentBytes(server.pid);
  const startMs = performance.now();
  await passesTo(passCount);
  const ms = performance.now() - startMs;
  const bytes = await residentBytes(server.pid);
  return [
    {
      what: `resident memory of the server after ${passCount.toLocaleString('en')} passes, against after ${warmCount.toLocaleString('en')}`,
      ours: `${Math.round(bytes / 2 ** 20)} MiB`,
      against: `${Math.round(warmBytes / 2 ** 20)} MiB`,
      ratio: `${(bytes / warmBytes).toFixed(2)}×`,
      goal: none,
    },
    { what: 'passes', ours: perSecond(passCount - warmCount, ms, 'passes'), against: none, ratio: none, goal: none },
  ];
}

const question = (at: number): string => `{
  model(name: "flights", version: "2") {
    layer(name: "relu_3") {
      statistics(rows: {
        dataset: "flights", partitions: ["2"]
        where: [{ column: "distance", op: GTE, value: 2500 }, { column: "hour", op: GTE, value: ${-at} }]
      }) { mean }
    }
  }
}`;
