import { join } from 'node:path';
import { scores } from '../src/analysis/quality/scores.ts';
import { sweep } from '../src/pass/sweep.ts';
import { type ServerProcess, serverOn } from './child.ts';
import { compared } from './measure.ts';
import { type Net, netL, netS } from './nets.ts';
import { evaluationOf, ofLayers, opened, passOver, scoresQuestion, sweptRows } from './pass.ts';
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
  const { graph, manifest } = workload.model;
  const subject = { graph, score: manifest.score, features: manifest.features };
  const forward = async () => {
    for await (const _ of sweep(
      [scores.program({}, subject, scores.start({}, subject))],
      { parameters: () => ({}), inputs: (_, batch) => batch },
      sweptRows(workload, model),
    ));
  };
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
    await evaluationOf(workload, model);
  };
  const both = { candidate: {}, base: {} };
  const reading = { key: 'comparison', name: 'comparison', spec: both, partKeys: ['scores', 'scores'] };
  const comparison = async () => {
    await evaluations();
    const kept = await passOver(workload, model, [scoresQuestion]);
    await passOver(workload, model, [], [reading], { kept });
  };
  // The scores are a third forward here, whose time a comparison does not have: it is taken off.
  const third = () => passOver(workload, model, [scoresQuestion]);
  const whole = await compared(comparison, evaluations, rounds);
  const scored = await compared(third, evaluations, rounds);
  await model.close();
  return {
    what: `S, ${workload.dataset.rowCount.toLocaleString('en')} rows: comparison`,
    ours: milliseconds(whole.oursMs - scored.oursMs),
    against: milliseconds(whole.againstMs),
    ratio: times(whole.ratio - scored.ratio),
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
