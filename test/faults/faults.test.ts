// @module-tag slow
// @module-tag any-database
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { answered } from '../support/ask.ts';
import { freshLocation } from '../support/database.ts';
import { newPostgres } from '../support/postgres-server.ts';
import { startProcess } from '../support/process.ts';
import { expectRefused } from '../support/refusals.ts';
import { copyToy, denseManifest, registerModel, registerRows } from '../support/toys.ts';
import { dayCount, World } from './world.ts';

/**
 * The same seed, the same questions and faults. Each fault once when nothing is named; `FAULT_SEED=7 FAULT_ROUNDS=100
 * FAULT_TABLE=table.md` for a longer run, with a table of it.
 */
const seed = Number(process.env.FAULT_SEED ?? 1);
const rounds = Number(process.env.FAULT_ROUNDS ?? 0);
const isBrief = process.env.FAULT_SEED === undefined;

/** Mulberry32: numbers in [0, 1). */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isLinux = process.platform === 'linux' && inject('postgresUrl') === null;

describe.runIf(isLinux).each(['embedded', 'Postgres'] as const)('%s', (kind) => {
  test('answers every question rightly, whatever is killed, hangs or jumps meanwhile', {
    timeout: (rounds + 5) * 180_000,
  }, async () => {
    const random = randomOf(seed);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
    const postgres = kind === 'Postgres' ? await newPostgres({ isDurable: true }) : undefined;
    const embedded = await freshLocation();
    const location = postgres === undefined ? embedded : { home: embedded.home, databaseUrl: postgres.url };
    const world = new World(location, folder, postgres);
    onTestFinished(async () => {
      await world.stop();
      await postgres?.remove();
      await embedded[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });
    await world.start();
    const seen: Record<string, number> = {};
    const hurt: Record<string, number> = {};
    let questionCount = 0;
    // Each fault once in an order of the seed, then any.
    const order = world.faults(isBrief).toSorted(() => random() - 0.5);
    for (let round = 0; round < Math.max(rounds, order.length); round++) {
      const questions = Array.from({ length: 2 + Math.floor(random() * 3) }, () => {
        const days = Array.from({ length: dayCount }, (_, day) => day).filter(() => random() < 0.5);
        return world.question(Math.floor(random() * 3), days.length === 0 ? [0] : days);
      });
      questionCount += questions.length;
      const answers = Promise.all(questions.map((question) => world.answerOf(question, seen)));
      await new Promise((resolve) => setTimeout(resolve, random() * 1500));
      const fault = order[round] ?? pick(order);
      hurt[fault] = (hurt[fault] ?? 0) + (await world.hurt(fault));
      await answers;
    }
    await world.end();
    await world.expectNothingLeft();
    tell(kind, questionCount, hurt, seen);
  });
});

function tell(kind: string, questions: number, hurt: Record<string, number>, seen: Record<string, number>): void {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([what, count]) => `${count} × ${what}`)
      .join(', ');
  const row = `| ${kind}, seed ${seed} | ${questions} | ${list(hurt)} | ${list(seen) || 'none'} | none |\n`;
  if (process.env.FAULT_TABLE) appendFileSync(process.env.FAULT_TABLE, row);
}

const mounts = (() => {
  try {
    const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
})();

// Only root may mount a disk that is small enough to fill.
describe.runIf(isLinux && mounts)('a disk that is full', () => {
  test('is said, and what is asked when there is space again is answered', { timeout: 120_000 }, async () => {
    await using location = await freshLocation();
    const scores = join(location.home, 'scores');
    await mkdir(scores);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', scores]);
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
    await copyToy({ folder }, 'dense.onnx', 'dense.onnx');
    const server = await startProcess(location, folder);
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    try {
      await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
      const select =
        'SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click FROM range(200000)';
      await registerRows({ ask: server.ask, folder }, 'rows', select, { label: 'click' });
      const document = '{ model(name: "dense") { evaluation(rows: { dataset: "rows" }) { rowCount } } }';
      expectRefused(await server.ask(document), ['ANALYSIS_FAILED', /disk is full/]);
      execFileSync('mount', ['-o', 'remount,size=100m', scores]);
      expect(await answered(server.ask)(document)).toEqual({ model: { evaluation: { rowCount: 200_000 } } });
    } finally {
      await server.kill('SIGTERM');
      execFileSync('umount', [scores]);
    }
  });
});
