import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newPostgres } from '../test/support/postgres-server.ts';
import { type Running, started, working } from './child.ts';
import { compared } from './measure.ts';
import { netL } from './nets.ts';
import { perSecond, type Row, times } from './table.ts';
import { register, written } from './workload.ts';

export const about =
  'Four new questions about L at once: two workers of one thread each, against one, beside a server that runs no passes, on one Postgres.';

const rounds = 3;
const questionCount = 4;

let asked = 0;
const question = (): string => `{
  model(name: "L") { layer(name: "relu0") { statistics(rows: { dataset: "L", where: [{ column: "day", op: GTE, value: ${-++asked} }] }) { mean } } }
}`;

export async function measure(folder: string): Promise<Row[]> {
  const postgres = await newPostgres({ isDurable: true });
  try {
    const home = join(folder, 'home');
    await mkdir(home);
    const net = netL();
    await written(net, folder);
    const shared = {
      DATABASE_URL: postgres.url,
      GLASSGRAPH_HOME: home,
      GLASSGRAPH_SOURCES: folder,
      LOG_LEVEL: 'error',
    };
    await using server = await started(['src/main.ts', 'serve'], { ...shared, GLASSGRAPH_WORKERS: '0' });
    await register(net, server);
    const { GLASSGRAPH_SOURCES: _, ...ofWorker } = shared;
    const start = (): Promise<Running> => working({ ...ofWorker, GLASSGRAPH_THREADS: '1' });
    const all = async (): Promise<void> => {
      await Promise.all(Array.from({ length: questionCount }, () => server.ask(question())));
    };
    await using _first = await start();
    const { againstMs } = await compared(all, all, rounds);
    await using _second = await start();
    const { oursMs } = await compared(all, all, rounds);
    const rows = questionCount * net.rowCount;
    return [
      {
        what: `moments of a layer, ${questionCount} × ${net.rowCount.toLocaleString('en')} rows`,
        ours: perSecond(rows, oursMs, 'rows'),
        against: perSecond(rows, againstMs, 'rows'),
        ratio: times(againstMs / oursMs),
        goal: '≥ 1.8×',
      },
    ];
  } finally {
    await postgres.remove();
  }
}
