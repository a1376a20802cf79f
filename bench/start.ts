import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serverOn } from './child.ts';
import { median, timed } from './measure.ts';
import { milliseconds, none, type Row } from './table.ts';

export const about =
  'From starting the process, in a home that does not exist yet, until the flight example is registered and the server listens; and until the first question about it is answered.';

const rounds = 3;

const question = '{ model(name: "flights", version: "2") { evaluation(rows: { dataset: "flights" }) { auc } } }';

export async function measure(folder: string): Promise<Row[]> {
  const ready: number[] = [];
  const answered: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const home = join(folder, String(round));
    await mkdir(home);
    const startMs = performance.now();
    await using server = await serverOn(folder, home, true);
    ready.push(performance.now() - startMs);
    answered.push((ready.at(-1) as number) + (await timed(() => server.ask(question))));
  }
  const rowOf = (what: string, all: readonly number[]): Row => {
    return { what, ours: milliseconds(median(all)), against: none, ratio: none, goal: none };
  };
  return [
    rowOf('listening, example registered', ready),
    rowOf('first answer: evaluation of 327,346 flights', answered),
  ];
}
