// @module-tag slow
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { figures, numbersIn, passages } from './readme-figures.ts';
import { asker } from './support/ask.ts';
import { freePort } from './support/free-port.ts';
import { documentsIn } from './tidy/markdown.ts';

test('every question of the README is looked at, and what is said below it', () => {
  const questions = documentsIn('README.md').filter((document) => !document.startsWith('mutation'));
  expect(passages.map(({ document }) => document)).toEqual(questions);
  expect(passages.map(({ title }) => title)).toEqual(Object.keys(figures));
});

/** A server as a newcomer starts it, in a home of its own. */
describe.runIf(existsSync('src/main.ts'))('npm start', () => {
  let home: string;
  let url: string;
  let server: ChildProcess;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const { DATABASE_URL: _, ...environment } = process.env;
    server = spawn('npm', ['start'], {
      env: { ...environment, PORT: String(port), GLASSGRAPH_HOME: home, GLASSGRAPH_EXAMPLE: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    while (!(await isReady(url))) {
      if (server.exitCode !== null) throw new Error(`npm start ended with ${server.exitCode}`);
      await sleep(100);
    }
  });

  afterAll(async () => {
    if (server.exitCode === null) {
      const exited = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await exited;
    }
    await rm(home, { recursive: true, force: true });
  });

  test.each(passages)('answers “$title” with the figures that the text has', async ({ title, document, prose }) => {
    const answer = async (query: string): Promise<never> => {
      const { data, errors } = await asker(`${url}/graphql`, [])<{ model: never }>(query, {}, { prefer: 'wait=60' });
      expect(errors).toEqual([]);
      expect(data.model).toBeTruthy();
      return data.model;
    };
    const first = document.replace('version: "2"', 'version: "1"').replace(/first: \d+/, 'first: 10');
    expect(numbersIn(prose)).toEqual(figures[title]?.(await answer(document), await answer(first)));
  });

  test.each([
    ['0.5', 0, 'pass'],
    ['0.9', 1, 'fail: AUC below 0.9'],
  ])('serves the example bot, which wants an AUC of %s', async (minimum, code, verdict) => {
    const bot = spawn('node', ['examples/bot/monthly-quality.ts', `${url}/graphql`, '--minimum-auc', minimum]);
    const said = await text(bot.stdout);
    expect(said).toMatch(/^1\t26398 rows\tAUC 0\.\d{4}/);
    expect(said).toContain(verdict);
    expect(bot.exitCode ?? (await new Promise((resolve) => bot.once('exit', resolve)))).toBe(code);
  });
});

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
