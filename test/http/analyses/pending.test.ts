import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Interest } from '../../../src/jobs/interest.ts';
import { type Answer, answered } from '../../support/ask.ts';
import { eventually } from '../../support/eventually.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const page = (partition: string) => `{
  viewer { scopes }
  model(name: "flights", version: "1") {
    version
    evaluation(rows: { dataset: "flights", partitions: ["${partition}"] }) { auc provenance { cached job { id } } }
    layer(name: "relu") { units statistics(rows: { dataset: "flights", partitions: ["${partition}"] }) { mean } }
  }
}`;
const jobDocument = 'query ($id: ID!) { job(id: $id) { state rowsDone rowsTotal fraction error { code } } }';
const jobOf = async (id: string) =>
  (await answered(server.ask)<{ job: Record<string, unknown> }>(jobDocument, { id })).job;

/** The job that the errors of an answer name. */
function pendingJob({ errors }: Answer<unknown>): string {
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(errors.map(() => 'ANALYSIS_PENDING'));
  const jobs = new Set(errors.map(({ extensions }) => extensions.job as string));
  expect(jobs.size).toBe(1);
  return [...jobs][0] as string;
}

describe.each([
  ['wait=0', '1'],
  ['respond-async', '2'],
  ['respond-async, wait=0', '3'],
  ['wait=0.001', '4'],
])('with “Prefer: %s”', (prefer, month) => {
  test('what takes longer is null, with the job to ask for; the rest stands; later the answer is there', async () => {
    const first = await server.ask(page(month), {}, { prefer });
    expect(first).toMatchObject({
      status: 200,
      data: { viewer: {}, model: { version: '1', evaluation: null, layer: { units: 128, statistics: null } } },
    });
    expect(first.errors.map(({ path }) => path?.join('.')).sort()).toEqual([
      'model.evaluation',
      'model.layer.statistics',
    ]);
    expect(first.errors[0]).toMatchObject({
      message: expect.stringMatching(/is being computed by job .+\. Ask again/),
      extensions: { code: 'ANALYSIS_PENDING', retryAfterMs: expect.any(Number) },
    });
    const id = pendingJob(first);
    expect(await jobOf(id)).toMatchObject({ state: expect.stringMatching(/^(QUEUED|RUNNING|DONE)$/), error: null });
    await eventually(async () => expect(await jobOf(id)).toMatchObject({ state: 'DONE', fraction: 1 }));
    const later = await server.ask(page(month), {}, { prefer });
    expect(later.errors).toEqual([]);
    expect(later.data.model).toMatchObject({
      evaluation: { auc: expect.any(Number), provenance: { cached: true, job: { id } } },
      layer: { statistics: { mean: expect.any(Number) } },
    });
  });
});

test('who asks again meanwhile gets the same job, and who waits its answer', async () => {
  const [first, second, third] = await Promise.all([
    server.ask(page('5'), {}, { prefer: 'wait=0' }),
    server.ask(page('5'), {}, { prefer: 'wait=0' }),
    server.ask(page('5')),
  ]);
  expect(pendingJob(second)).toBe(pendingJob(first));
  expect(third.errors).toEqual([]);
  expect(third.data.model.evaluation.provenance).toEqual({ cached: false, job: { id: pendingJob(first) } });
});

test.each(['wait=x', 'wait=-1', 'wait=', 'wait=1e9'])('“Prefer: %s” is BAD_USER_INPUT', async (prefer) => {
  const { errors } = await server.ask('{ viewer { keyName } }', {}, { prefer });
  expect(errors).toMatchObject([
    {
      message: expect.stringContaining('wait for 0 to 3600 seconds'),
      extensions: { code: 'BAD_USER_INPUT', argument: 'Prefer' },
    },
  ]);
});

test('other preferences are none of ours', async () => {
  expect((await server.ask(page('1'), {}, { prefer: 'return=minimal; x, handling=strict' })).errors).toEqual([]);
});

describe('a model that is deleted while it is asked', () => {
  test('is NOT_FOUND, not a failure', async () => {
    const document = '{ model(name: "flights", version: "2") { evaluation(rows: { dataset: "flights" }) { auc } } }';
    pendingJob(await server.ask(document, {}, { prefer: 'wait=0' }));
    const waits = vi.spyOn(Interest.prototype, 'begin');
    const question = server.ask(document);
    await eventually(() => expect(waits).toHaveBeenCalled());
    const { model } = await answered(server.ask)<{ model: { id: string } }>(
      '{ model(name: "flights", version: "2") { id } }',
    );
    await answered(server.ask)('mutation ($id: ID!) { deleteModel(input: { id: $id }) { deletedId } }', {
      id: model.id,
    });
    const { errors } = await question;
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
