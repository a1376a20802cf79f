import { join } from 'node:path';
import { type ServerProcess, serverOn } from './child.ts';
import { compared } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, passOver, plainForward, scoresQuestion } from './pass.ts';
import { milliseconds, none, type Row, times } from './table.ts';
import { registered, type Workload } from './workload.ts';

export const about =
  'One side of a drift: scores, sketches and moments of all neurons in one pass, against the plain forward of the same rows, read the same way. A comparison of two models: both evaluations and what is paired, against the evaluations alone. The history of the flights over twelve months, asked anew of a server, against one evaluation of all months and against twelve questions that are asked together; each of other rows by a filter that lets all pass.';

const rounds = 3;

export async function measure(folder: string): Promise<Row[]> {
  const workload = await registered(netS(), folder);
  return [
    await driftRow(netS(), workload),
    await driftRow(netL(), await registered(netL(), folder)),
    await comparisonRow(workload),
    ...(await historyRows(folder)),
  ];
}

async function driftRow({ name }: Net, workload: Workload): Promise<Row> {
  const model = await opened(workload);
  const forward = () => plainForward(workload, model);
  const questions = [scoresQuestion, ...ofLayers(workload, 'unitSketch'), ...ofLayers(workload, 'moments')];
  const { oursMs, againstMs, ratio } = await compared(() => passOver(workload, model, questions), forward, rounds);
  await model.close();
  return {
    what: `${name}, ${workload.dataset.rowCount.toLocaleString('en')} rows: one side of a drift`,
    ours: milliseconds(oursMs),
    against: milliseconds(againstMs),
    ratio: times(ratio),
    goal: '≤ 2.5×',
  };
}

async function comparisonRow(workload: Workload): Promise<Row> {
  const model = await opened(workload);
  const evaluations = async () => {
    await evaluationOf(workload, model);
    return evaluationOf(workload, model);
  };
  const both = { candidate: {}, base: {} };
  const reading = { key: 'comparison', name: 'comparison', spec: both, partKeys: ['scores', 'scores'] };
  const comparison = async () => passOver(workload, model, [], [reading], { kept: await evaluations() });
  const { oursMs, againstMs, ratio } = await compared(comparison, evaluations, rounds);
  await model.close();
  return {
    what: `S, ${workload.dataset.rowCount.toLocaleString('en')} rows: comparison`,
    ours: milliseconds(oursMs),
    against: milliseconds(againstMs),
    ratio: times(ratio),
    goal: '≤ 1.2×',
  };
}

async function historyRows(folder: string): Promise<Row[]> {
  const server = await serverOn(folder, join(folder, 'flights'), true);
  try {
    let filter = 0;
    const rows = (partition = '') =>
      `rows: { dataset: "flights", where: [{ column: "distance", op: GT, value: ${-filter} }] ${partition} }`;
    const months = Array.from({ length: 12 }, (_, month) => month + 1);
    const model = 'model(name: "flights", version: "2")';
    const asked = async (fields: () => string): Promise<void> => {
      filter++;
      await server.ask(`{ ${model} { ${fields()} } }`);
    };
    await ready(server);
    const history = () => asked(() => `history(${rows()}) { evaluation { auc } }`);
    const one = () => asked(() => `evaluation(${rows()}) { auc byPartition { auc } }`);
    const twelve = () =>
      asked(() =>
        months.map((month) => `m${month}: evaluation(${rows(`partitions: ["${month}"]`)}) { auc }`).join(' '),
      );
    return [
      rowOf('history of 12 months, against one evaluation', await compared(history, one, rounds)),
      rowOf('history of 12 months, against twelve questions', await compared(history, twelve, rounds)),
    ];
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

function rowOf(what: string, { oursMs, againstMs, ratio }: Awaited<ReturnType<typeof compared>>): Row {
  return { what, ours: milliseconds(oursMs), against: milliseconds(againstMs), ratio: times(ratio), goal: none };
}

/** The example is registered while the server already answers. */
async function ready({ ask }: ServerProcess): Promise<void> {
  for (;;) {
    const { model } = (await ask('{ model(name: "flights", version: "2") { name } }')) as { model: object | null };
    if (model !== null) return;
  }
}
