import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../data/parquet.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { copyToy, denseManifest } from '../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await copyToy(server, 'dense.onnx', 'dense.onnx');
  await writeFile(join(server.folder, 'manifest.json'), JSON.stringify(denseManifest()));
  const select = 'SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click, range % 2 AS day';
  await writeParquet(join(server.folder, 'rows.parquet'), `${select} FROM range(100)`);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Runs a command against the server, as in a shell. */
async function run(...command: string[]): Promise<{ code: number | null; out: string; said: string }> {
  // Settings of the tests are none of the server's.
  const { GLASSGRAPH_DB: _, ...environment } = process.env;
  const child = spawn(process.execPath, ['src/main.ts', ...command], {
    env: { ...environment, GLASSGRAPH_URL: server.url },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end('{ viewer { scopes } }');
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, said };
}

/** Whose only row has no figure for a class that is not there. */
const oneClass =
  '{ model(name: "dense") { evaluation(rows: { dataset: "rows", partitions: ["1"] }) { rowCount auc } } }';
const evaluation = '{ model(name: "dense") { evaluation(rows: { dataset: "rows" }) { rowCount } } }';

describe('the command line', { timeout: 120_000 }, () => {
  test('registers, asks, explains, and lists what was computed', async () => {
    const model = await run('register', 'model', 'dense', '1', 'dense.onnx', '--alias', 'champion');
    expect(model).toMatchObject({ code: 0, said: '' });
    expect(model.out).toMatch(/^dense 1: \d+ layers, digest [0-9a-f]{64}, id \S+\nchampion is dense 1\n$/);
    const dataset = await run(
      'register',
      'dataset',
      'rows',
      '1',
      'rows.parquet',
      '--label',
      'click',
      '--partition-by',
      'day',
    );
    expect(dataset.out).toMatch(/^rows 1: 100 rows, digest /);
    const answer = await run('query', evaluation, '--wait', '60');
    expect({ ...answer, out: JSON.parse(answer.out) }).toEqual({
      code: 0,
      said: '',
      out: { model: { evaluation: { rowCount: 100 } } },
    });
    const listed = await run('jobs', '--state', 'DONE');
    const [, id = ''] = /^DONE\s+(\S+)\s+.* of dense 1 over rows 1 /.exec(listed.out) ?? [];
    const followed = await run('jobs', 'follow', id, '--json');
    expect(JSON.parse(followed.out)).toMatchObject({ id, state: 'DONE', fraction: 1 });
    expect((await run('jobs', 'cancel', id)).out).toMatch(/^DONE/);
  });

  test('prints the plan of a question instead of its answer, as JSON and as Mermaid', async () => {
    const other = evaluation.replace('"rows" }', '"rows", partitions: ["1"] }');
    const plan = JSON.parse((await run('query', '--explain', 'json', other)).out);
    expect(plan).toMatchObject([{ model: 'dense 1', dataset: 'rows 1', readings: [{ name: 'evaluation' }] }]);
    const third = evaluation.replace('"rows" }', '"rows", partitions: ["0"] }');
    expect((await run('query', '--explain', 'mermaid', third)).out).toMatch(/^flowchart LR\n {2}subgraph pass0/);
  });

  test('reads a document from standard input or a file, with variables', async () => {
    expect(JSON.parse((await run('query')).out)).toEqual({ viewer: { scopes: expect.any(Array) } });
    const path = join(server.folder, 'page.graphql');
    await writeFile(path, 'query A($n: String!) { model(name: $n) { name } } query B { viewer { scopes } }');
    const answer = await run('query', '--file', path, '--operation', 'B', '--variables', '{"n":"none"}');
    expect(JSON.parse(answer.out)).toEqual({ viewer: { scopes: expect.any(Array) } });
  });

  test.each<[what: string, command: string[], said: RegExp]>([
    ['an error of the answer', ['query', '{ nothing }'], /^GRAPHQL_VALIDATION_FAILED: Cannot query field "nothing"/],
    [
      'a server that is not there',
      ['query', '{ x }', '--url', 'http://127.0.0.1:2/graphql'],
      /^glassgraph: Nothing answers/,
    ],
    [
      'a file that is not there',
      ['query', '--file', 'none.graphql'],
      /^glassgraph: The file “none.graphql” cannot be read/,
    ],
    ['variables that are no JSON', ['query', '{ x }', '--variables', '{'], /^glassgraph: --variables is no JSON/],
    ['no such job', ['jobs', 'cancel', 'x'], /^BAD_USER_INPUT at cancelJob: “x” is no id/],
    ['no such state', ['jobs', '--state', 'LOST'], /^BAD_USER_INPUT: .*LOST/],
    ['a worker without a Postgres', ['worker'], /^glassgraph: A worker shares a Postgres/],
    ['no such job to follow', ['jobs', 'follow', 'x'], /^BAD_USER_INPUT at job: “x” is no id/],
    ['a number that is none', ['jobs', '--first', 'many'], /^error: .*“?many.* must be a whole number/],
    [
      'a home with nothing to export',
      ['export', 'x', '--home', 'nowhere'],
      /^glassgraph: There is no embedded database/,
    ],
    ['an option that there is not', ['query', '{ viewer { keyName } }', '--requires', 'x'], /^error: unknown option/],
    ['no arguments', ['register', 'model', 'dense'], /^error: missing required argument 'version'/],
    [
      'a model that cannot be registered',
      ['register', 'model', 'dense', '2', 'none.onnx'],
      /^\w+ at registerModel: .*none\.onnx/,
    ],
    ['no such command', ['serv'], /^error: unknown command 'serv'/],
    ['no such command, as of any object', ['toString'], /^error: unknown command 'toString'/],
  ])('ends with 2 and says why: %s', async (_, command, said) => {
    const answer = await run(...command);
    expect({ code: answer.code, out: answer.out }).toEqual({ code: 2, out: '' });
    expect(answer.said).toMatch(said);
    expect(answer.said).not.toMatch(/^\s+at /m);
  });

  test.each<[what: string, code: number, command: string[] | (() => string[]), said: RegExp]>([
    ['a figure that is there', 0, [evaluation, '--require', 'model.evaluation.rowCount'], /^$/],
    [
      'lists whose entries are all there',
      0,
      ['{ models { nodes { name } } }', '-r', 'models.nodes.name', '-r', 'models.nodes.0'],
      /^$/,
    ],
    [
      'a model that is not there',
      1,
      ['{ model(name: "none") { name } other: model(name: "dense") { name } }'],
      /^model is null/,
    ],
    ['a version that is not there', 1, ['{ model(name: "dense", version: "9") { name } }'], /^model is null/],
    ['an alias that is not there', 1, ['{ model(name: "dense", alias: "none") { name } }'], /^model is null/],
    [
      'a layer that is not there',
      1,
      ['{ model(name: "dense") { layer(name: "x") { index } } }', '--require', 'model.layer'],
      /^model\.layer is null/,
    ],
    ['a figure that does not exist', 1, [oneClass, '-r', 'model.evaluation.auc'], /^model\.evaluation\.auc is null/],
    [
      'an entry without it',
      1,
      ['{ models { nodes { description } } }', '-r', 'models.nodes.description'],
      /^models\.nodes\.0\.description/,
    ],
    ['a path that nobody asked for', 1, ['{ viewer { keyName } }', '-r', 'viewer.scopes'], /^viewer\.scopes is null/],
    [
      'a list without entries',
      1,
      ['{ models(search: "none") { nodes { name } } }', '-r', 'models.nodes.name'],
      /^models\.nodes\.name/,
    ],
    [
      'an error',
      2,
      ['{ model(name: "dense") { evaluation(rows: { dataset: "none" }) { auc } } }', '-r', 'model.evaluation.auc'],
      /^NOT_FOUND at model\.evaluation: /,
    ],
    [
      'an error beside what is pending',
      2,
      () => [pendingAnd('other: evaluation(rows: { dataset: "none" }) { auc }'), '--wait', '0'],
      /NOT_FOUND/,
    ],
    [
      'what is pending',
      3,
      () => [pendingAnd(''), '--wait', '0', '--require', 'model.evaluation.auc'],
      /^ANALYSIS_PENDING/,
    ],
  ])('a query for %s ends with %i', async (_, code, command, said) => {
    const commandOf = () => (typeof command === 'function' ? command() : command);
    const answer = await run('query', ...commandOf());
    expect(answer).toMatchObject({ code, said: expect.stringMatching(said) });
    const json = await run('query', ...commandOf(), '--json');
    expect(json).toMatchObject({ code, said: expect.stringMatching(said) });
    const { data, errors, missing } = JSON.parse(json.out);
    expect(data).toEqual(JSON.parse(answer.out));
    if (code < 2) expect({ errors, isMissing: missing.length > 0 }).toEqual({ errors: [], isMissing: code === 1 });
    else expect(errors.length).toBeGreaterThan(0);
  });

  test('prints JSON wherever it is asked for, also where it fails', async () => {
    const json = async (...command: string[]) => JSON.parse((await run(...command, '--json')).out);
    expect(await json('register', 'model', 'dense', '1', 'dense.onnx', '--alias', 'champion')).toEqual({
      model: { id: expect.any(String), name: 'dense', version: '1', digest: expect.any(String), layerCount: 3 },
      alias: 'champion',
    });
    expect(
      await json('register', 'dataset', 'rows', '1', 'rows.parquet', '--label', 'click', '--partition-by', 'day'),
    ).toMatchObject({ dataset: { name: 'rows', version: '1', rowCount: 100 } });
    expect(await json('register', 'model', 'dense', '2', 'none.onnx')).toMatchObject({
      errors: [{ path: ['registerModel'], extensions: { code: expect.any(String) } }],
    });
    expect(await json('export', 'x', '--home', 'nowhere')).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'home' } }],
    });
    expect(await json('jobs', '--first', 'many')).toMatchObject({ errors: [{ message: /whole number/ }] });
  });

  test('following a job that was cancelled ends with 1', async () => {
    const { out } = await run('query', pendingAnd(''), '--wait', '0', '--json');
    const id = JSON.parse(out).errors[0].extensions.job as string;
    await run('jobs', 'cancel', id);
    const followed = await run('jobs', 'follow', id, '--json');
    const { state } = JSON.parse(followed.out.trim().split('\n').at(-1) as string);
    expect(followed.code).toBe(state === 'DONE' ? 0 : 1);
  });

  test('helps', async () => {
    expect((await run('help')).out).toMatch(/serve.*worker.*register.*query.*jobs/s);
    expect((await run('help', 'register', 'model')).out).toContain('Usage: glassgraph register model');
    const { out } = await run('help', 'serve');
    for (const name of [
      'HOST',
      'PORT',
      'DATABASE_URL',
      'GLASSGRAPH_HOME',
      'GLASSGRAPH_PASS_MEMORY',
      'GLASSGRAPH_CACHE',
    ])
      expect(out).toContain(name);
  });
});

let asked = 0;
/** A question that nobody has asked before. */
function pendingAnd(others: string): string {
  return `{ model(name: "dense") {
    evaluation(rows: { dataset: "rows", where: [{ column: "a", op: LT, value: ${++asked + 1} }] }) { auc } ${others}
  } }`;
}
