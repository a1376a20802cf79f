// @module-tag slow
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeParquet } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { type DatabaseLocation, freshLocation } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { computeProcesses, isAlive, type ServerProcess, startProcess } from '../../support/process.ts';
import { expectRefused } from '../../support/refusals.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../../support/toys.ts';

const rowCount = 3_200_000;

let location: DatabaseLocation & AsyncDisposable;
let folder: string;
let server: ServerProcess;
beforeAll(async () => {
  location = await freshLocation();
  folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
  await copyToy({ folder }, 'dense.onnx', 'dense.onnx');
  const select = 'SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click, range % 8 AS day';
  await writeParquet(join(folder, 'rows.parquet'), `${select} FROM range(${rowCount})`);
  server = await startProcess(location, folder);
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerDataset(server.ask, { name: 'rows', uri: 'rows.parquet', label: 'click', partitionBy: 'day' });
});
afterAll(async () => {
  await server.kill('SIGTERM');
  await location[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const evaluation = '{ model(name: "dense") { evaluation(rows: { dataset: "rows" }) { rowCount auc } } }';
const small = '{ model(name: "dense") { evaluation(rows: { dataset: "rows", partitions: ["1"] }) { rowCount } } }';

interface JobState {
  readonly state: string;
  readonly rowsDone: number;
  readonly attempts: number;
  readonly error: { readonly message: string } | null;
}
const jobOf = async (id: string): Promise<JobState> =>
  (
    await answered(server.ask)<{ job: JobState }>(
      'query ($id: ID!) { job(id: $id) { state rowsDone attempts error { message } } }',
      { id },
    )
  ).job;

/** Has a question computed by a job, and returns it in the middle of the given attempt. */
async function inTheMiddleOf(document: string, attempt = 1): Promise<string> {
  const { errors } = await server.ask(document, {}, { prefer: 'wait=0' });
  const id = errors[0]?.extensions.job as string;
  await eventually(async () => {
    const { state, rowsDone, attempts } = await jobOf(id);
    expect({ state, attempts }).toEqual({ state: 'RUNNING', attempts: attempt });
    expect(rowsDone).toBeGreaterThan(0);
  });
  return id;
}

async function killCompute(): Promise<void> {
  for (const pid of await computeProcesses(server.pid)) process.kill(pid, 'SIGKILL');
}

/** To the end, whatever it is. */
const ended = (id: string): Promise<JobState> =>
  vi.waitFor(
    async () => {
      const job = await jobOf(id);
      expect(job.state).toMatch(/^(DONE|FAILED)$/);
      return job;
    },
    { timeout: 40_000, interval: 100 },
  );

describe.runIf(process.platform === 'linux')(
  'a server that is killed in the middle of a pass',
  { timeout: 90_000 },
  () => {
    test('leaves no process behind, and finishes the pass when it is started again', async () => {
      const id = await inTheMiddleOf(evaluation);
      const children = await computeProcesses(server.pid);
      expect(children).not.toEqual([]);
      await server.kill('SIGKILL');
      await eventually(() => expect(children.filter(isAlive)).toEqual([]));
      server = await startProcess(location, folder);
      expect(await ended(id)).toMatchObject({ state: 'DONE', error: null, attempts: 2 });
      expect(await answered(server.ask)(evaluation)).toEqual({ model: { evaluation: { rowCount, auc: 1 } } });
      const files = await readdir(location.home, { recursive: true });
      expect(files.filter((name) => name.includes('.tmp'))).toEqual([]);
      expect(files.filter((name) => name.endsWith('.parquet'))).toHaveLength(1);
    });
  },
);

describe.runIf(process.platform === 'linux')(
  'a server that is told to stop in the middle of a pass',
  { timeout: 90_000 },
  () => {
    test('answers who waits with the job, ends with 0, and leaves the pass to the next', async () => {
      const document = evaluation.replace('"rows" }', '"rows", where: [{ column: "day", op: GTE, value: 0 }] }');
      const id = await inTheMiddleOf(document);
      const waiting = server.ask(document);
      for (const pid of await computeProcesses(server.pid)) process.kill(pid, 'SIGSTOP');
      expect(await server.kill('SIGTERM')).toBe(0);
      const { data, errors } = await waiting;
      expect(data).toEqual({ model: { evaluation: null } });
      expect(errors).toMatchObject([{ extensions: { code: 'ANALYSIS_PENDING', job: id } }]);
      server = await startProcess(location, folder);
      expect(await ended(id)).toMatchObject({ state: 'DONE', error: null, attempts: 2 });
    });
  },
);

describe.runIf(process.platform === 'linux')(
  'a compute process that is killed in the middle of a pass',
  { timeout: 90_000 },
  () => {
    const question = (layer: string) => `{
    model(name: "dense") {
      layer(name: "${layer}") {
        statistics(rows: { dataset: "rows" }) { observationCount provenance { job { attempts } } }
      }
    }
  }`;

    test('is replaced: the pass is tried again, and answered', async () => {
      await inTheMiddleOf(question('hidden'));
      const answer = answered(server.ask)(question('hidden'));
      await killCompute();
      expect(await answer).toEqual({
        model: { layer: { statistics: { observationCount: rowCount, provenance: { job: { attempts: 2 } } } } },
      });
    });

    test('again and again is a clear error, and the server stays up', async () => {
      const answer = server.ask(question('logit'));
      for (const attempt of [1, 2, 3]) {
        await inTheMiddleOf(question('logit'), attempt);
        await killCompute();
      }
      expectRefused(await answer, ['ANALYSIS_FAILED', /The compute process died 3 times during this pass/]);
      expect(await answered(server.ask)(small)).toEqual({ model: { evaluation: { rowCount: rowCount / 8 } } });
    });
  },
);
