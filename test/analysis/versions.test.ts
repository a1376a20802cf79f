import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analysisNamed, analysisOfKind } from '../../src/analysis/registry.ts';
import { readTable } from '../../src/analysis/tables/read-table.ts';
import { inspectDataset } from '../../src/data/files/inspect.ts';
import { readableRows } from '../../src/pass/readable-rows.ts';
import { allRows } from '../support/pass.ts';
import { figuresOf } from './figures.ts';
import { Folds, grouped, type Row } from './folds.ts';
import { lending, ofRows, ofTables, readings, scoresAlone, withShards } from './questions.ts';

/**
 * A kept result is found by the version of its analysis: whoever changes a formula and not the version has the server answer with
 * what the old one said. Here lies what each version answers. `WRITE_VERSIONS=1 npm test -- test/analysis/versions.test.ts` writes
 * what is new, and nothing that has changed under the version it had.
 */
const path = 'test/fixtures/versions.json';
const writing = 'WRITE_VERSIONS=1 npm test -- test/analysis/versions.test.ts';
const isWriting = process.env.WRITE_VERSIONS === '1';

/** Of the figures in one place of a result: how many, how many of them are no finite numbers, and weighted sums of the others. */
type Digest = readonly [count: number, notFinite: number, sum: number, absolute: number];
interface Known {
  readonly version: number;
  readonly digests: Readonly<Record<string, Digest>>;
}
const known = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Known>;
const written: Record<string, Known> = {};

/** Products with halves and eighths are exact, and so is what the hidden layer gives: whatever the machine, t-SNE begins alike. */
const rows: readonly Row[] = Array.from({ length: 40 }, (_, at) => ({
  x: [(((at * 7) % 21) - 10) / 8, (((at * 11) % 17) - 8) / 8],
  id: ((at * at) % 3) as 0 | 1,
  label: ([1, 0, null, 0, 1] as const)[at % 5] as 0 | 1 | null,
  group: ((at * 5) % 3) as 0 | 1 | 2,
}));

const noSettings = { label: null, groupBy: null, partitionBy: null };

let folds: Folds;
beforeAll(async () => {
  folds = await Folds.open();
});
afterAll(async () => {
  await folds[Symbol.asyncDispose]();
  const lines = Object.entries(written).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  if (isWriting) writeFileSync(path, `{\n${lines.toSorted().join(',\n')}\n}\n`);
});

interface Asked {
  readonly name: string;
  readonly spec: object;
  answer(): Promise<unknown>;
}
const asked: readonly Asked[] = [
  ...[...withShards, ...lending].map((question) => ({
    ...question,
    answer: () => folds.answer(question, [rows], 16),
  })),
  ...readings.map(({ name, spec, parts = scoresAlone }) => ({
    name,
    spec,
    answer: async () => {
      const own = await parts((question) => folds.answer(question, [rows], 16));
      return analysisOfKind('reading', name).read(spec, own, grouped(rows));
    },
  })),
  ...ofRows.map(({ name, spec }) => ({
    name,
    spec,
    answer: async () => {
      const dataset = await inspectDataset(['examples/flights/flights.parquet'], noSettings);
      const all = readableRows({ dataset, rows: allRows, partitions: [] });
      const where = [{ column: 'distance', op: 'GTE' as const, value: 1000 }];
      const reference = readableRows({ dataset, rows: { ...allRows, where }, partitions: [] });
      return analysisOfKind('reading', name).read(spec, [], { ...all, roles: { reference } });
    },
  })),
  ...ofTables.map(({ name, spec }) => ({
    name,
    spec,
    answer: async () => readTable(await folds.table('table'), [{ analysis: analysisOfKind('table', name), spec }]),
  })),
];

describe.each(asked)('$name $spec', ({ name, spec, answer }) => {
  const key = `${name} ${createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 8)}`;
  const before = known[key];

  test('answers what its version did', async () => {
    const [version, digests] = [analysisNamed(name).version, digestsOf(await answer())];
    written[key] = { version, digests };
    const changed = before === undefined ? [] : changedPlaces(before.digests, digests, name === 'tsne' ? 1e-3 : 1e-5);
    if (before?.version === version && changed.length === 0) written[key] = before;
    if (isWriting && before?.version !== version) return;
    if (before?.version === version && changed.length > 0) {
      written[key] = before;
      expect.fail(
        `The results of “${name}” have changed (${changed.join(', ')}), and its version has not: servers would go on to answer ` +
          `with what they have kept. Raise \`version\` of “${name}” in src/analysis to ${version + 1}, and write what it answers with ${writing}`,
      );
    }
    expect(
      before?.version,
      `What version ${version} of “${name}” answers is not in ${path}: write it with ${writing}`,
    ).toBe(version);
  });
});

function digestsOf(result: unknown): Record<string, Digest> {
  const ofPlace = ([place, figures]: [string, number[]]): [string, Digest] => {
    const terms = figures.map((value, at) => value * (1 + ((at * 37) % 101) / 101));
    const finite = terms.filter(Number.isFinite);
    const total = (of: (term: number) => number): number => finite.reduce((sum, term) => sum + of(term), 0);
    const rounded = (value: number): number => Number(value.toPrecision(9));
    return [
      place,
      [figures.length, figures.length - finite.length, rounded(total((term) => term)), rounded(total(Math.abs))],
    ];
  };
  return Object.fromEntries([...figuresOf(result)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(ofPlace));
}

/** Beyond roundings, which differ between machines and with the order in which threads add up. */
function changedPlaces(before: Known['digests'], after: Known['digests'], tolerance: number): string[] {
  const isSame = (a: Digest | undefined, b: Digest | undefined): boolean =>
    a !== undefined &&
    b !== undefined &&
    a[0] === b[0] &&
    a[1] === b[1] &&
    [2, 3].every((at) => Math.abs((a[at] as number) - (b[at] as number)) <= tolerance * Math.max(0.1, a[3], b[3]));
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (place) => !isSame(before[place], after[place]),
  );
}
