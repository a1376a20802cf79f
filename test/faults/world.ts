import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { namedOf } from '../../src/store/files.ts';
import { getJob, openJobs } from '../../src/store/jobs.ts';
import { Leftovers } from '../../src/store/leftovers.ts';
import { results } from '../../src/store/schema.ts';
import { writeParquet } from '../data/parquet.ts';
import type { DatabaseLocation } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import {
  computeProcesses,
  isAlive,
  type KillableProcess,
  type ServerProcess,
  startProcess,
  startWorker,
} from '../support/process.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../support/toys.ts';

/** A request that waits five seconds has an answer or an error by then, also on a machine that is busy. */
const answerMs = 60_000;

export const dayCount = 6;
const rowsPerDay = 40_000;

export type Fault =
  | 'API killed'
  | 'worker killed'
  | 'compute process killed'
  | 'compute process hangs'
  | 'Postgres killed'
  | 'clock jumps';

/** A question, and what is right. */
export interface Question {
  readonly document: string;
  readonly answer: unknown;
}

/** A server that is hurt and started again; with a Postgres of its own, a worker beside it as well. */
export class World {
  readonly #location: DatabaseLocation;
  readonly #folder: string;
  readonly #postgres: PostgresServer | undefined;
  #server!: ServerProcess;
  #worker: KillableProcess | undefined;
  #asked = 0;

  constructor(location: DatabaseLocation, folder: string, postgres: PostgresServer | undefined) {
    this.#location = location;
    this.#folder = folder;
    this.#postgres = postgres;
  }

  async start(): Promise<void> {
    await copyToy({ folder: this.#folder }, 'dense.onnx', 'dense.onnx');
    const select = `SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click, range // ${rowsPerDay} AS day`;
    await writeParquet(join(this.#folder, 'rows.parquet'), `${select} FROM range(${dayCount * rowsPerDay})`);
    await Promise.all([this.#startServer(), this.#startWorker()]);
    await registerModel(this.#server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
    await registerDataset(this.#server.ask, { name: 'rows', uri: 'rows.parquet', label: 'click', partitionBy: 'day' });
  }

  /** One that nobody has asked: a filter that leaves all rows is another question each time. */
  question(kind: number, days: readonly number[]): Question {
    const partitions = days.map((day) => `"${day}"`).join(', ');
    const rows = `rows: { dataset: "rows", partitions: [${partitions}], where: [{ column: "a", op: LT, value: ${++this.#asked + 1} }] }`;
    const count = days.length * rowsPerDay;
    const evaluation = [
      `evaluation(${rows}) { rowCount auc }`,
      { evaluation: { rowCount: count, auc: expect.any(Number) } },
    ] as const;
    const layer = [
      `layer(name: "hidden") { statistics(${rows}) { observationCount } }`,
      { layer: { statistics: { observationCount: count } } },
    ] as const;
    const parts = [[evaluation], [layer], [evaluation, layer]][kind % 3] ?? [];
    return {
      document: `{ model(name: "dense") { ${parts.map(([field]) => field).join(' ')} } }`,
      answer: { model: Object.assign({}, ...parts.map(([, answer]) => answer)) },
    };
  }

  /** The right answer, in time, however often that has to be asked; counts coded errors and lost connections on the way. */
  async answerOf({ document, answer }: Question, seen: Record<string, number>): Promise<void> {
    const count = (what: string): void => {
      seen[what] = (seen[what] ?? 0) + 1;
    };
    const untilMs = performance.now() + 150_000;
    for (;;) {
      const asked = await Promise.race([
        this.#server.ask(document, {}, { prefer: 'wait=5' }).catch(() => undefined),
        sleep(answerMs, 'late' as const, { ref: false }),
      ]);
      if (asked === 'late') throw new Error(`${document} waits for ever`);
      if (asked?.errors.length === 0) return expect(asked.data).toEqual(answer);
      if (asked === undefined) count('connection lost');
      for (const { message, extensions } of asked?.errors ?? []) {
        // That the database is away is no defect of the server’s, and says so.
        expect(extensions.errorId, message).toBeUndefined();
        count(extensions.code);
      }
      expect(performance.now(), `${document} has no answer: ${JSON.stringify(asked)}`).toBeLessThan(untilMs);
      await sleep(100);
    }
  }

  /** `isBrief`: what is the same on either engine only on one of them. */
  faults(isBrief: boolean): Fault[] {
    const everywhere: Fault[] = ['API killed', 'compute process killed', 'compute process hangs'];
    if (this.#postgres === undefined) return [...everywhere, 'clock jumps'];
    return [...(isBrief ? (['API killed'] as const) : everywhere), 'worker killed', 'Postgres killed'];
  }

  /** Returns how many processes were hurt; what has died is started again. */
  async hurt(fault: Fault): Promise<number> {
    this.#assertAlive();
    switch (fault) {
      case 'API killed':
        await this.#server.kill('SIGKILL');
        await this.#startServer();
        return 1;
      case 'worker killed':
        await this.#worker?.kill('SIGKILL');
        await this.#startWorker();
        return 1;
      case 'Postgres killed':
        await this.#postgres?.kill();
        await this.#postgres?.start();
        return 1;
      case 'clock jumps':
        process.kill(this.#server.pid, 'SIGUSR2');
        return 1;
      default:
        return this.#signal(fault === 'compute process hangs' ? 'SIGSTOP' : 'SIGKILL');
    }
  }

  /** Whatever else dies, they go on. */
  #assertAlive(): void {
    const dead = [this.#server, this.#worker].filter((one) => one !== undefined && !isAlive(one.pid));
    expect(dead, 'a server or worker has ended by itself').toEqual([]);
  }

  /** As an operator would, after all is answered. */
  async end(): Promise<void> {
    this.#assertAlive();
    await this.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server?.kill('SIGTERM'), this.#worker?.kill('SIGTERM')]);
  }

  /** After all is answered and the servers have stopped: nothing is half, stuck or left over. */
  async expectNothingLeft(): Promise<void> {
    const { home } = this.#location;
    await eventually(async () => expect(await this.#orphans()).toEqual([]));
    const database = await openDatabase(this.#location);
    try {
      const stuck = await Promise.all((await openJobs(database.db)).map(({ id }) => getJob(database.db, id)));
      expect(stuck.filter((job) => job?.isTold !== true)).toEqual([]);
      const rows = await database.db.select().from(results);
      expect(rows.filter(({ computedAt, value }) => computedAt === null || value === null)).toEqual([]);
      const leftovers = new Leftovers(database.db, home);
      await leftovers.sweep();
      await leftovers.sweep();
      const scores = await readdir(join(home, 'scores'), { recursive: true, withFileTypes: true }).catch(() => []);
      const files = scores
        .filter((one) => one.isFile())
        .map((one) => join(one.parentPath, one.name).slice(home.length + 1));
      const named = await namedOf(database.db, home, files);
      expect(files.filter((file) => !named.has(file))).toEqual([]);
      expect(await readdir(join(home, 'tmp', hostname()))).toEqual([]);
    } finally {
      await database.close();
    }
  }

  async #startServer(): Promise<void> {
    const clock = fileURLToPath(new URL('./clock.mjs', import.meta.url));
    this.#server = await startProcess(this.#location, this.#folder, {
      ...briefly,
      ...(this.#postgres === undefined ? { NODE_OPTIONS: `--import=${clock}` } : {}),
    });
  }

  async #startWorker(): Promise<void> {
    if (this.#postgres !== undefined) this.#worker = await startWorker(this.#location, briefly);
  }

  async #signal(signal: 'SIGSTOP' | 'SIGKILL'): Promise<number> {
    const servers = [this.#server.pid, ...(this.#worker === undefined ? [] : [this.#worker.pid])];
    const pids = (await Promise.all(servers.map(computeProcesses))).flat();
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, signal);
    return pids.length;
  }

  /** Compute processes of this home: their arguments name a folder in it. */
  async #orphans(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return commands.filter((command) => command.includes(this.#location.home) && command.includes('pass/main.ts'));
  }
}

const briefly = { GLASSGRAPH_SILENT_SECONDS: '10', GLASSGRAPH_THREADS: '1', LOG_LEVEL: 'info' };
