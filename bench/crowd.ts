import { mkdir } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverOn } from './child.ts';
import { statusBytes } from './peak.ts';
import { uniform } from './random.ts';
import { milliseconds, none, type Row } from './table.ts';

export const about =
  'A thousand clients, each with a connection of its own: eight in ten requests ask what is kept, one what became new in this second and does not wait, one is refused. A pass a second runs all the time. For two minutes with up to twenty seconds between the requests of a client, then for half a minute with up to two, which is more than the server can answer: all wait, and nobody much longer than the others. The flight example, client and server on the same cores.';

const clientCount = 1000;
const calm = { title: 'calm', durationMs: 120_000, pauseMs: 20_000 };
const rush = { title: 'rush', durationMs: 30_000, pauseMs: 2000 };

const model = (fields: string): string => `{ model(name: "flights", version: "2") { ${fields} } }`;
const kept = model(
  'evaluation(rows: { dataset: "flights", partitions: ["10"] }) { auc } layer(name: "relu_3") { statistics(rows: { dataset: "flights", partitions: ["10"] }) { mean } }',
);
/** Another question in each second. */
const recent = (): string =>
  model(
    `evaluation(rows: { dataset: "flights", partitions: ["1"], where: [{ column: "distance", op: GTE, value: ${-Math.ceil(performance.now() / 1000)} }] }) { auc }`,
  );
const hostile = [
  '{"query": "{ model(name:"}',
  'no JSON at all',
  JSON.stringify({ query: model(`layers ${'{ nodes { inputs '.repeat(30)}{ name }${' } }'.repeat(30)}`) }),
  JSON.stringify({ query: `{ ${Array.from({ length: 200 }, (_, at) => `a${at}: viewer { scopes }`).join(' ')} }` }),
  JSON.stringify({ query: model('evaluation(rows: { dataset: "nothing" }) { auc }') }),
  JSON.stringify({ query: `{ models(search: "${'x'.repeat(100_000)}") { totalCount } }` }),
];

/** Of one kind of request. */
class Tally {
  readonly ms: number[] = [];
  readonly answers: Record<string, number> = {};

  add(ms: number, answer: string): void {
    this.ms.push(ms);
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
  }

  at(share: number): string {
    return milliseconds(this.ms.toSorted((a, b) => a - b)[Math.floor(share * (this.ms.length - 1))] ?? 0);
  }
}

export async function measure(folder: string): Promise<Row[]> {
  const home = join(folder, 'home');
  await mkdir(home);
  await using server = await serverOn(folder, home, true);
  await server.ask(kept);
  const before = await residentBytes(server.pid);
  let peak = before;
  const watching = setInterval(async () => {
    peak = Math.max(peak, await residentBytes(server.pid));
  }, 1000);
  const rows: Row[] = [];
  for (const { title, ...times } of [calm, rush]) {
    const tallies = await crowded(server.url, times);
    rows.push(...Object.entries(tallies).map(([kind, tally]) => rowOf(`${title}, ${kind}`, tally)));
  }
  clearInterval(watching);
  await server.ask(kept);
  return [
    ...rows,
    {
      what: 'resident memory of the server, at most',
      ours: `${Math.round(peak / 2 ** 20)} MiB`,
      against: `${Math.round(before / 2 ** 20)} MiB before`,
      ratio: `${(peak / before).toFixed(2)}×`,
      goal: none,
    },
  ];
}

const rowOf = (what: string, tally: Tally): Row => ({
  what: `${what}: ${tally.ms.length.toLocaleString('en')} requests (${Object.entries(tally.answers)
    .map(([answer, count]) => `${count.toLocaleString('en')} × ${answer}`)
    .join(', ')}), median, 99th percentile and longest`,
  ours: `${tally.at(0.5)}, ${tally.at(0.99)}, ${tally.at(1)}`,
  against: none,
  ratio: none,
  goal: none,
});

async function crowded(url: string, { durationMs, pauseMs }: { durationMs: number; pauseMs: number }) {
  const tallies = { kept: new Tally(), new: new Tally(), refused: new Tally() };
  const random = uniform(1);
  const endMs = performance.now() + durationMs;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      await sleep(random() * pauseMs);
      if (performance.now() > endMs) break;
      const kind = random();
      if (kind < 0.8) await post(url, JSON.stringify({ query: kept }), agent, tallies.kept);
      else if (kind < 0.9) await post(url, JSON.stringify({ query: recent() }), agent, tallies.new);
      else await post(url, hostile[Math.floor(random() * hostile.length)] as string, agent, tallies.refused);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: clientCount }, client));
  return tallies;
}

export const residentBytes = (pid: number): Promise<number> => statusBytes('VmRSS', pid);

function post(url: string, body: string, agent: Agent, tally: Tally): Promise<void> {
  const startMs = performance.now();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), prefer: 'wait=0' };
  return new Promise((resolve) => {
    const done = (answer: string): void => {
      tally.add(performance.now() - startMs, answer);
      resolve();
    };
    request(url, { method: 'POST', agent, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      done(codeOf(text));
    })
      .on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'))
      .end(body);
  });
}

function codeOf(text: string): string {
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code ?? 'answered';
}
