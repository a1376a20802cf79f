import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, serverOn } from './child.ts';
import { compared, timed } from './measure.ts';
import { netS } from './nets.ts';
import { milliseconds, type Row, times } from './table.ts';
import { register, written } from './workload.ts';

export const about =
  'New questions about S over HTTP. Each asks about rows in words that nobody has used before, so that nothing is kept of it.';

const rounds = 5;

/** What is asked of a model; `rows` stands for the argument. */
const analyses = {
  evaluation: 'evaluation(rows: rows) { auc byPartition { slice auc gauc } }',
  calibration: 'evaluation(rows: rows) { expectedCalibrationError }',
  'moments of a layer': 'moments: layer(name: "relu0") { statistics(rows: rows) { mean standardDeviation } }',
  'extremes of a layer': 'extremes: layer(name: "relu1") { statistics(rows: rows) { zeroFraction } }',
  'covariance of a layer': 'covariance: layer(name: "relu2") { statistics(rows: rows) { effectiveRank } }',
};

/** All rows, in words of its own each time. */
let asked = 0;
const allRows = (): string => `(rows: { dataset: "S", where: [{ column: "id0", op: GTE, value: ${-++asked} }] })`;

const queryOf = (fields: readonly string[]): string =>
  `{ model(name: "S") { ${fields.join(' ').replaceAll('(rows: rows)', allRows())} } }`;

export async function measure(folder: string): Promise<Row[]> {
  const home = join(folder, 'home');
  await mkdir(home);
  const net = netS();
  await written(net, folder);
  await using server = await serverOn(folder, home, false);
  await register(net, server);
  return [await fiveAgainstDearest(server), await hundredClients(server)];
}

async function fiveAgainstDearest(server: ServerProcess): Promise<Row> {
  const names = Object.keys(analyses) as (keyof typeof analyses)[];
  const alone: [string, number][] = [];
  for (const name of names) alone.push([name, await timed(() => server.ask(queryOf([analyses[name]])))]);
  const [dearest] = alone.toSorted(([, a], [, b]) => b - a)[0] as [keyof typeof analyses, number];
  const { oursMs, againstMs, ratio } = await compared(
    () => server.ask(queryOf(Object.values(analyses))),
    () => server.ask(queryOf([analyses[dearest]])),
    rounds,
  );
  return {
    what: `${names.join(', ')} in one query, against the dearest of them (${dearest})`,
    ours: milliseconds(oursMs),
    against: milliseconds(againstMs),
    ratio: times(ratio),
    goal: '≤ 1.3×',
  };
}

async function hundredClients(server: ServerProcess): Promise<Row> {
  const before = await jobCount(server);
  const { oursMs, againstMs, ratio } = await compared(
    () => {
      const query = queryOf([analyses.evaluation]);
      return Promise.all(Array.from({ length: 100 }, () => server.ask(query)));
    },
    () => server.ask(queryOf([analyses.evaluation])),
    rounds,
  );
  const passes = ((await jobCount(server)) - before) / (rounds + 1) - 1;
  return {
    what: `a hundred clients that ask the same (${passes} pass), against one`,
    ours: milliseconds(oursMs),
    against: milliseconds(againstMs),
    ratio: times(ratio),
    goal: '≤ 1.2×',
  };
}

async function jobCount(server: ServerProcess): Promise<number> {
  const { jobs } = (await server.ask('{ jobs { totalCount } }')) as { jobs: { totalCount: number } };
  return jobs.totalCount;
}
