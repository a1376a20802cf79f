import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KeyedQuestion, Target } from '../../src/planner/plan.ts';
import { Planner, type PlannerScope } from '../../src/planner/planner.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { getJob, listJobs } from '../../src/store/jobs.ts';
import { insertModel } from '../../src/store/models.ts';
import { getClaims, getResults } from '../../src/store/results.ts';
import { results } from '../../src/store/schema.ts';
import type { Fate } from '../jobs/pass.ts';
import { type Server, startServer } from '../jobs/server.ts';
import { type DatabaseLocation, freshLocation } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newDataset, newModel } from '../support/rows.ts';
import { question as questionOn } from './questions.ts';

/** A planner over real jobs and compute processes, whose results are the keys of their parts and their own. */
let location: DatabaseLocation & AsyncDisposable;
let server: Server;
let planner: Planner;
const targets: Record<string, Target> = {};
beforeAll(async () => {
  location = await freshLocation();
  server = await startServer(location);
  const { database, boss, waiter } = server;
  const model = await insertModel(database.db, newModel('ctr', '1'));
  for (const name of ['train', 'test']) {
    const dataset = await insertDataset(database.db, newDataset(name, '1'));
    targets[name] = { model, dataset, rows: { partitions: null, where: [], invalid: 'FAIL' } };
  }
  planner = new Planner({ database, boss, waiter, engineVersion: '0.1.0', jobReference: (id) => id });
});
afterAll(async () => {
  await planner.close();
  await server.close();
  await location[Symbol.asyncDispose]();
});

let prefix = '';
beforeEach(({ task }) => {
  prefix = `${task.name}: `;
});

const question = (
  key: string,
  over: 'train' | 'test',
  { fate = 'kept', parts = [], name = 'moments' }: { fate?: Fate; parts?: KeyedQuestion[]; name?: string } = {},
) => questionOn(`${prefix}${key}`, targets[over] as Target, parts, name, fate);
const scopeOf = (patienceMs: number, signal = new AbortController().signal): PlannerScope =>
  planner.scope({ patienceMs, signal });
const ask = async (asked: KeyedQuestion, scope = scopeOf(20_000)) =>
  (await planner.request<string>(asked, scope)).value.replaceAll(prefix, '');
const refusal = async (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error) => error,
  );
const timesRun = async (key: string): Promise<number> =>
  (await server.runs()).filter((run) => run === `${prefix}${key}`).length;
const jobCount = async () => (await listJobs(server.database.db, null, { limit: 0 })).totalCount;
const isKept = async (key: string) => (await getResults(server.database.db, [`${prefix}${key}`])).length === 1;

describe('a question whose part is about other rows', () => {
  test('is answered after a pass for the part, which is kept for others', async () => {
    const before = await jobCount();
    const fit = question('fit', 'train');
    const scope = scopeOf(20_000);
    expect(await ask(question('scores', 'test', { parts: [fit] }), scope)).toBe('fit scores');
    expect(scope.plans.map(({ dataset, analyses }) => [dataset, ...analyses.map(({ parts }) => parts)])).toEqual([
      ['train 1', []],
      ['test 1', [fit.key]],
    ]);
    expect(await ask(fit)).toBe('fit');
    expect(await ask(question('other', 'test', { parts: [fit] }))).toBe('fit other');
    expect(await timesRun('fit')).toBe(1);
    expect(await jobCount()).toBe(before + 3);
  });

  test('shares both passes with others that are asked at once, and with whoever asks the same', async () => {
    const before = await jobCount();
    const whole = (layer: string) => {
      const fit = question(`fit ${layer}`, 'train');
      const scores = question(`scores ${layer}`, 'test', { parts: [fit] });
      return question(`auc ${layer}`, 'test', { parts: [scores], name: 'evaluation' });
    };
    const asking = async () => {
      const scope = scopeOf(20_000);
      return Promise.all(['a', 'b'].map((layer) => ask(whole(layer), scope)));
    };
    const answers = await Promise.all([asking(), asking(), asking()]);
    expect(new Set(answers.flat())).toEqual(new Set(['a', 'b'].map((of) => `fit ${of} scores ${of} auc ${of}`)));
    expect(await timesRun('fit a')).toBe(1);
    expect(await timesRun('scores b')).toBe(1);
    expect(await jobCount()).toBe(before + 2);
  });

  test('fails with the error of the part; what is asked beside it is answered', async () => {
    const scope = scopeOf(20_000);
    const asked = question('scores', 'test', { parts: [question('fit', 'train', { fate: 'refused' })] });
    const [error, other] = await Promise.all([refusal(ask(asked, scope)), ask(question('other', 'test'), scope)]);
    expect(error).toMatchObject({ code: 'BINDING_MISMATCH', message: 'The column “late” is missing.' });
    expect(other).toBe('other');
    expect(await timesRun('scores')).toBe(0);
  });

  test('survives that a compute process dies in the pass of the part, and in its own', async () => {
    const fit = question('fit', 'train', { fate: 'dies once' });
    expect(await ask(question('scores', 'test', { fate: 'dies once', parts: [fit] }))).toBe('fit scores');
    expect(await timesRun('fit')).toBe(2);
    expect(await timesRun('scores')).toBe(2);
  });

  test('computes the part again when it has gone before the whole was asked', async () => {
    const fit = question('fit', 'train');
    await ask(fit);
    await server.database.db.delete(results).where(eq(results.key, fit.key));
    expect(await ask(question('scores', 'test', { parts: [fit] }))).toBe('fit scores');
    expect(await timesRun('fit')).toBe(2);
  });
});

describe('when patience ends before the part is there', () => {
  const go = () => writeFile(join(location.home, 'go'), '');
  beforeEach(() => rm(join(location.home, 'go'), { force: true }));
  const whole = () => question('scores', 'test', { parts: [question('fit', 'train', { fate: 'waits' })] });

  test('the job that computes the part is told, and the whole is computed all the same', async () => {
    const error = await refusal(ask(whole(), scopeOf(0)));
    expect(error).toMatchObject({ code: 'ANALYSIS_PENDING' });
    const job = await getJob(server.database.db, error.details.job);
    expect(job).toMatchObject({ title: 'moments of ctr 1 over train 1', error: null });
    expect(await refusal(ask(whole(), scopeOf(0)))).toMatchObject({ details: { job: error.details.job } });
    await go();
    await eventually(async () => expect(await isKept('scores')).toBe(true));
    expect(await ask(whole(), scopeOf(0))).toBe('fit scores');
    expect(await timesRun('fit')).toBe(1);
    expect(await timesRun('scores')).toBe(1);
  });

  test('because the request was aborted, nothing follows the part', async () => {
    const abort = new AbortController();
    const answer = refusal(ask(whole(), scopeOf(20_000, abort.signal)));
    await eventually(async () => expect(await timesRun('fit')).toBe(1));
    abort.abort();
    expect(await answer).toMatchObject({ code: 'ANALYSIS_PENDING' });
    await go();
    // Whatever follows the part has followed it when this has.
    expect(await ask(question('after', 'test', { parts: [question('fit', 'train', { fate: 'waits' })] }))).toBe(
      'fit after',
    );
    expect(await getClaims(server.database.db, [`${prefix}scores`])).toEqual([]);
  });
});
