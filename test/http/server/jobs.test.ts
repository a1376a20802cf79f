// @module-tag slow
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeParquet } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { eventsOf } from '../../support/events.ts';
import { eventually } from '../../support/eventually.ts';
import { expectRefused } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../../support/toys.ts';

const rowCount = 3_200_000;
const dayCount = 32;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await copyToy(server, 'dense.onnx', 'dense.onnx');
  const select = `SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click, range % ${dayCount} AS day`;
  await writeParquet(join(server.folder, 'rows.parquet'), `${select} FROM range(${rowCount})`);
  await writeParquet(join(server.folder, 'few.parquet'), `${select} FROM range(100)`);
  await registerDataset(server.ask, { name: 'few', uri: 'few.parquet', label: 'click' });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerDataset(server.ask, { name: 'rows', uri: 'rows.parquet', label: 'click', partitionBy: 'day' });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Questions about all rows in words of their own, so that nothing is kept of them; a pass takes seconds. */
let asked = 0;
const large = (fields = 'rowCount'): string =>
  `{ model(name: "dense") { evaluation(rows: { dataset: "rows", where: [{ column: "a", op: LT, value: ${++asked + 1} }] }) { ${fields} } } }`;
const small = (day: number): string =>
  `{ model(name: "dense") { evaluation(rows: { dataset: "rows", partitions: ["${day}"] }) { rowCount } } }`;

interface JobState {
  readonly id: string;
  readonly state: string;
  readonly title: string;
  readonly rowsDone: number;
  readonly rowsTotal: number | null;
  readonly fraction: number | null;
  readonly rowsPerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}
const fields = 'id state title rowsDone rowsTotal fraction rowsPerSecond etaSeconds error { code message }';
const jobOf = async (id: string): Promise<JobState> =>
  (await answered(server.ask)<{ job: JobState }>(`query ($id: ID!) { job(id: $id) { ${fields} } }`, { id })).job;

const pending = async (document: string): Promise<string> => {
  const { errors } = await server.ask(document, {}, { prefer: 'wait=0' });
  return errors[0]?.extensions.job as string;
};
const cancel = async (id: string): Promise<JobState> =>
  (
    await answered(server.ask)<{ cancelJob: { job: JobState } }>(
      `mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { ${fields} } } }`,
      { id },
    )
  ).cancelJob.job;
const reaches = (id: string, state: string): Promise<JobState> =>
  eventually(async () => {
    const job = await jobOf(id);
    expect(job.state).toBe(state);
    return job;
  });
const subscription = `subscription ($id: ID!) { job(id: $id) { ${fields} } }`;
const follow = (id: string, signal?: AbortSignal) =>
  eventsOf<{ job: JobState }>(server.url, subscription, { id }, signal);

/** The newest job, which the tests of aborted requests are told by nobody. */
const newest = async (): Promise<JobState> =>
  (await answered(server.ask)<{ jobs: { nodes: JobState[] } }>('{ jobs(first: 1) { nodes { state title rowsDone } } }'))
    .jobs.nodes[0] as JobState;

describe('a job that is followed', () => {
  test('is told as it is, then at every change, to its end, with progress, rate and ETA that are true', async () => {
    const id = await pending(large());
    const seen: JobState[] = [];
    for await (const { data } of follow(id)) seen.push(data.job);
    expect(seen.map(({ state }) => state)).toEqual(expect.arrayContaining(['RUNNING', 'DONE']));
    expect(seen.at(-1)).toMatchObject({
      state: 'DONE',
      rowsDone: rowCount,
      rowsTotal: rowCount,
      fraction: 1,
      etaSeconds: null,
    });
    const order = ['QUEUED', 'RUNNING', 'DONE'];
    const places = seen.map(({ state }) => order.indexOf(state));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const running = seen.filter(({ state, rowsDone }) => state === 'RUNNING' && rowsDone > 0);
    for (const { rowsDone, rowsTotal, rowsPerSecond, etaSeconds, fraction } of running) {
      expect(rowsTotal).toBe(rowCount);
      expect(fraction).toBeCloseTo(rowsDone / rowCount, 9);
      expect(rowsPerSecond).toBeGreaterThan(0);
      expect(etaSeconds).toBeCloseTo((rowCount - rowsDone) / (rowsPerSecond as number), 6);
    }
  });

  test('that has ended is told once', async () => {
    const id = await pending(small(1));
    await reaches(id, 'DONE');
    const seen: string[] = [];
    for await (const { data } of follow(id)) seen.push(data.job.state);
    expect(seen).toEqual(['DONE']);
  });

  test('ends with CANCELLED when it is cancelled', async () => {
    const id = await pending(large());
    const seen: string[] = [];
    for await (const { data } of follow(id)) {
      seen.push(data.job.state);
      if (data.job.state === 'RUNNING') await cancel(id);
    }
    expect(seen.at(-1)).toBe('CANCELLED');
  });

  test('of no such job is NOT_FOUND', async () => {
    const { value: event } = await follow(Buffer.from(`Job:${crypto.randomUUID()}`).toString('base64url')).next();
    expect(event?.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});

describe('cancelling', () => {
  test('ends the pass; whoever waits for the same gets CANCELLED; asking again computes it', async () => {
    const document = large();
    const id = await pending(document);
    const waiting = [server.ask(document), server.ask(document)];
    await reaches(id, 'RUNNING');
    // Who asks after them has been heard: so have they.
    for (let times = 0; times < 2; times++) expect(await pending(document)).toBe(id);
    expect(await cancel(id)).toMatchObject({ id, state: 'CANCELLED', error: { code: 'CANCELLED' } });
    for (const answer of await Promise.all(waiting)) expectRefused(answer, ['CANCELLED', /was cancelled. Ask again/]);
    expect(await jobOf(id)).toMatchObject({ state: 'CANCELLED' });
    expect(await answered(server.ask)(document)).toEqual({ model: { evaluation: { rowCount } } });
    expect(await jobOf(id)).toMatchObject({ state: 'CANCELLED' });
  });

  test('what has ended changes nothing', async () => {
    const id = await pending(small(2));
    const before = await reaches(id, 'DONE');
    expect(await cancel(id)).toEqual(before);
  });

  test.each([
    ['no such job', Buffer.from(`Job:${crypto.randomUUID()}`).toString('base64url'), 'NOT_FOUND'],
    ['another thing', Buffer.from(`Model:${crypto.randomUUID()}`).toString('base64url'), 'NOT_FOUND'],
    ['no id', 'x', 'BAD_USER_INPUT'],
  ])('%s is refused', async (_, id, code) => {
    const { errors } = await server.ask('mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { id } } }', { id });
    expect(errors).toMatchObject([{ extensions: { code } }]);
  });
});

describe('a request that is aborted', () => {
  const abortedAfter = async (document: string, ready: () => Promise<void>): Promise<void> => {
    const aborting = new AbortController();
    const answer = fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document }),
      signal: aborting.signal,
    }).catch(() => undefined);
    await ready();
    aborting.abort();
    await answer;
  };
  const isRunning = async (): Promise<void> => {
    await eventually(async () => expect(await newest()).toMatchObject({ state: 'RUNNING' }));
  };

  test('stops a pass that nobody was told of and nobody else waits for', async () => {
    await abortedAfter(large(), isRunning);
    await vi.waitFor(async () => expect(await newest()).toMatchObject({ state: 'CANCELLED' }), { timeout: 3000 });
  });

  test('stops no pass that another request waits for', async () => {
    const document = large();
    const other = server.ask(document, {}, { prefer: 'wait=100' });
    await abortedAfter(document, isRunning);
    expect((await other).data).toEqual({ model: { evaluation: { rowCount } } });
  });

  test('stops no pass whose id a client knows', async () => {
    const document = large();
    const id = await pending(document);
    await abortedAfter(document, async () => void (await reaches(id, 'RUNNING')));
    expect(await reaches(id, 'DONE')).toMatchObject({ rowsDone: rowCount });
  });
});

describe('prefetch', () => {
  const prefetch = async (query: string, more: Record<string, unknown> = {}) =>
    server.ask<{ prefetch: { job: JobState } }>(
      `mutation ($input: PrefetchInput!) { prefetch(input: $input) { job { ${fields} } } }`,
      { input: { query, ...more } },
    );

  test('computes what a document asks for, and says how far it is; asking it then needs no pass', async () => {
    const document = `query Page($day: String!) {
      model(name: "dense") {
        evaluation(rows: { dataset: "rows", partitions: [$day] }) { rowCount provenance { cached } }
        other: evaluation(rows: { dataset: "rows", partitions: ["4"] }) { rowCount provenance { cached } }
      }
    }`;
    const variables = { day: '3' };
    const { data, errors } = await prefetch(document, { variables, operationName: 'Page' });
    expect(errors).toEqual([]);
    expect(data.prefetch.job).toMatchObject({ title: 'prefetch of Page', error: null });
    const rows = (2 * rowCount) / dayCount;
    expect(await reaches(data.prefetch.job.id, 'DONE')).toMatchObject({ rowsDone: rows, rowsTotal: rows, fraction: 1 });
    expect(await answered(server.ask)(document, variables)).toEqual({
      model: {
        evaluation: { rowCount: rowCount / dayCount, provenance: { cached: true } },
        other: { rowCount: rowCount / dayCount, provenance: { cached: true } },
      },
    });
  });

  test('is followed like any job', async () => {
    const { data } = await prefetch(large());
    const seen: JobState[] = [];
    for await (const event of follow(data.prefetch.job.id)) seen.push(event.data.job);
    expect(seen.some(({ rowsDone, state }) => state === 'RUNNING' && rowsDone > 0)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ state: 'DONE', fraction: 1 });
  });

  test('that is cancelled stops the passes that nobody else waits for', async () => {
    const { data } = await prefetch(large());
    const { id } = data.prefetch.job;
    await eventually(async () => expect((await jobOf(id)).rowsDone).toBeGreaterThan(0));
    expect(await cancel(id)).toMatchObject({ state: 'CANCELLED' });
    await vi.waitFor(
      async () => expect(await newest()).toMatchObject({ title: /evaluation|scores/, state: 'CANCELLED' }),
      {
        timeout: 4000,
      },
    );
  });

  test('that cannot be computed fails with the error of the field', async () => {
    const { data } = await prefetch(
      '{ model(name: "dense") { evaluation(rows: { dataset: "nothing" }) { rowCount } } }',
    );
    expect(await reaches(data.prefetch.job.id, 'FAILED')).toMatchObject({
      error: { code: 'NOT_FOUND', message: expect.stringContaining('model.evaluation: There is no dataset “nothing”') },
    });
  });

  test.each<[what: string, query: string, more: Record<string, unknown>, code: string]>([
    ['no GraphQL', '{ model(', {}, 'GRAPHQL_PARSE_FAILED'],
    ['a document that does not fit the schema', '{ nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a mutation', 'mutation { deleteModel(input: { id: "x" }) { deletedId } }', {}, 'BAD_USER_INPUT'],
    ['an operation that is not in it', 'query A { viewer { scopes } }', { operationName: 'B' }, 'BAD_USER_INPUT'],
    ['a variable that is missing', 'query ($n: String!) { model(name: $n) { id } }', {}, 'BAD_USER_INPUT'],
    ['variables that are none', '{ viewer { scopes } }', { variables: [1] }, 'BAD_USER_INPUT'],
    [
      'a document that is too deep',
      `{ model(name: "dense") ${'{ layers { nodes { inputs '.repeat(12)} { name } ${'} } }'.repeat(12)} }`,
      {},
      'COST_LIMIT_EXCEEDED',
    ],
  ])('of %s is refused', async (_, query, more, code) => {
    const { errors } = await prefetch(query, more);
    expect(errors).toMatchObject([{ extensions: { code } }]);
  });
});

describe('jobs', () => {
  const states = async (state: string): Promise<string[]> =>
    (
      await answered(server.ask)<{ jobs: { nodes: JobState[] } }>(
        `{ jobs(state: ${state}, first: 200) { nodes { state } } }`,
      )
    ).jobs.nodes.map((job) => job.state);

  test('are listed by state', async () => {
    expect(new Set(await states('[CANCELLED]'))).toEqual(new Set(['CANCELLED']));
    expect(new Set(await states('[CANCELLED, DONE]'))).toEqual(new Set(['CANCELLED', 'DONE']));
    expect(await states('[]')).toEqual([]);
  });

  const namedBy = (version: string) => {
    const { features, ...manifest } = denseManifest();
    return {
      ...manifest,
      features: features.map((feature) => ({ ...feature, name: `${feature.name} of ${version}` })),
    };
  };

  test('are none when a request would have too many of them', async () => {
    for (const version of ['2', '3'])
      await registerModel(server.ask, { name: 'dense', version, uri: 'dense.onnx', manifest: namedBy(version) });
    const count = async (): Promise<number> =>
      (await answered(server.ask)<{ jobs: { totalCount: number } }>('{ jobs { totalCount } }')).jobs.totalCount;
    const before = await count();
    const dear = Array.from({ length: 70 }, (_, at) => large().replace(/.*(evaluation.*) } }$/, `a${at}: $1`));
    const answer = await server.ask(`{ models(allVersions: true) { nodes { ${dear.join(' ')} } } }`);
    expect(new Set(answer.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['COST_LIMIT_EXCEEDED']));
    expect(answer.errors[0]?.message).toMatch(/needs 210 passes over rows, and one may have 200. Ask about fewer/);
    expect(await count()).toBe(before);
  });

  test('over few rows do not wait for one over many', async () => {
    const id = await pending(large());
    await reaches(id, 'RUNNING');
    const few =
      '{ model(name: "dense") { evaluation(rows: { dataset: "few" }) { provenance { job { startedAt } } } } }';
    const { model } = await answered(server.ask)<{
      model: { evaluation: { provenance: { job: { startedAt: string } } } };
    }>(few);
    await cancel(id);
    const { job } = await answered(server.ask)<{ job: { finishedAt: string } }>(
      'query ($id: ID!) { job(id: $id) { finishedAt } }',
      { id },
    );
    expect(Date.parse(model.evaluation.provenance.job.startedAt)).toBeLessThan(Date.parse(job.finishedAt));
  });
});
