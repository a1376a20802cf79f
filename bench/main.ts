/** `npm run bench` measures everything, `npm run bench -- <group> …` some of it; the tables go into RESULTS.md. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine } from './machine.ts';
import { markdownTable, type Row } from './table.ts';

/** A file of this folder each, in the order of RESULTS.md. */
const groups = [
  'gradients',
  'memory',
  'attribution',
  'moments',
  'changes',
  'lanes',
  'loop',
  'rows',
  'queries',
  'cached',
  'crowd',
  'leak',
  'workers',
  'start',
  'data',
  'files',
  'python',
  'tfjs',
  'probes',
  'wide',
];
/** Take minutes, or need more than this project: measured only when they are named. */
const optional = ['crowd', 'leak', 'workers', 'python', 'attribution', 'tfjs', 'probes', 'files', 'wide'];

interface Group {
  /** What is measured, and how. */
  readonly about: string;
  /** `folder`: an empty one, gone afterwards. */
  measure(folder: string): Promise<Row[]>;
}

const resultsPath = join(import.meta.dirname, 'RESULTS.md');

const heading = `# How fast

\`npm run bench\` measures this, each group by itself with the command below its name. Both sides of a comparison run in turns in
one process group; figures are medians, ratios are medians of the rounds’ ratios. With whatever else the machine does, times vary by a factor of two from
run to run, and ratios by a quarter.`;

/** The sections of RESULTS.md, by the names of their groups. */
async function sections(): Promise<Map<string, string>> {
  const text = await readFile(resultsPath, 'utf8').catch(() => '');
  const parts = text.split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), `## ${part.trim()}`]));
}

async function measured(name: string): Promise<string> {
  const { about, measure } = (await import(`./${name}.ts`)) as Group;
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-bench-'));
  try {
    const table = markdownTable(await measure(folder));
    console.log(`${name}\n${table}\n`);
    return `## ${name}\n\n${about}\n\n\`npm run bench -- ${name}\` on ${machine()}\n\n${table}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !groups.includes(name));
if (unknown !== undefined) throw new Error(`There is no group “${unknown}”, only ${groups.join(', ')}.`);
for (const name of asked.length === 0 ? groups.filter((group) => !optional.includes(group)) : asked) {
  const section = await measured(name);
  const all = (await sections()).set(name, section);
  const ordered = groups.flatMap((group) => all.get(group) ?? []);
  await writeFile(resultsPath, `${[heading, ...ordered].join('\n\n')}\n`);
}
