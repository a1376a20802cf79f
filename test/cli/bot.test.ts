// @module-tag any-database
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerModel(server.ask, {
    name: 'wrong',
    uri: 'dense.onnx',
    manifest: denseManifest(['a2', 'b2', 'c2']),
  });
  await registerRows(server, 'rows', denseRows, { label: 'click' });
  await registerRows(server, 'days', denseRows, { label: 'click', partitionBy: 'day' });
  await registerRows(server, 'again', `SELECT 2 * a AS a, b, c, click FROM (${denseRows})`, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

async function run(...args: string[]): Promise<{ code: number | null; out: string; said: string }> {
  const child = spawn(process.execPath, ['examples/bot/monthly-quality.ts', ...args]);
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, said };
}

describe('the example bot', { timeout: 60_000 }, () => {
  test.each<[what: string, code: number, args: string[], said: RegExp]>([
    ['every AUC reaches the minimum', 0, ['dense', '--dataset', 'rows', '--minimum-auc', '1'], /pass/],
    ['an AUC does not', 1, ['wrong', '--dataset', 'rows'], /fail: AUC below 0.6 in all rows/],
    ['an AUC does not, whatever the others are', 1, ['wrong', '--dataset', 'days'], /fail: AUC below 0.6 in tue/],
    ['a partition has no AUC', 2, ['dense', '--dataset', 'days'], /There is no AUC in mon/],
    ['the minimum is no number', 2, ['dense', '--dataset', 'rows', '--minimum-auc', 'x'], /“x”; it must be a number/],
    ['the minimum is empty', 2, ['dense', '--dataset', 'rows', '--minimum-auc', ''], /it must be a number/],
    ['the minimum is a percentage', 2, ['dense', '--dataset', 'rows', '--minimum-auc', '60'], /from 0 to 1/],
    ['an option is misspelt', 2, ['dense', '--dataset', 'rows', '--min-auc', '0.9'], /--min-auc/],
    ['there is no such model', 2, ['none', '--dataset', 'rows'], /There is no model “none”/],
    ['there is no such version', 2, ['dense', '7', '--dataset', 'rows'], /There is no model “dense 7”/],
    ['there is no such dataset', 2, ['dense'], /There is no dataset “dense”/],
    ['the answer is pending', 3, ['dense', '--dataset', 'again', '--wait', '0'], /being computed by job/],
  ])('where %s ends with %i', async (_, code, args, said) => {
    const answer = await run(server.url, ...args);
    expect(answer.code, answer.said).toBe(code);
    expect(answer.out + answer.said).toMatch(said);
    expect(answer.out.includes('pass')).toBe(code === 0);
  });

  test('where nothing answers, or something else does, ends with 2', async () => {
    expect((await run('http://127.0.0.1:2/graphql')).code).toBe(2);
    expect((await run(new URL('/health', server.url).href)).code).toBe(2);
  });
});
