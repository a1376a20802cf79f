import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { ComputePool } from '../compute/process/pool.ts';
import { badUserInput } from '../errors.ts';
import { startBoss } from '../jobs/boss.ts';
import { Interest } from '../jobs/interest.ts';
import { endAbandoned, requeueOrphans } from '../jobs/recovery.ts';
import { Runner } from '../jobs/runner.ts';
import { ResultWaiter } from '../jobs/wait.ts';
import { JobWatch } from '../jobs/watch.ts';
import type { PassEnvironment } from '../pass/protocol.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { Leftovers, removeDeadScratch } from '../store/leftovers.ts';
import { followHome } from '../store/moved-home.ts';
import { evict } from '../store/results.ts';
import { type BackgroundErrors, backgroundErrors } from './background-errors.ts';
import type { Config } from './config.ts';

const computeEntry = new URL('../pass/main.ts', import.meta.url);
/** How often jobs that the queue has given up on are looked for. */
const recoveryIntervalMs = 5000;
/** How often there is a look at what is kept: too much of it, and files that nobody names. */
const cleaningIntervalMs = 60_000;

/** Database, queue and compute processes: what answers questions, whoever asks them. Opened and closed in opposite orders. */
export class Engine {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly interest: Interest;
  readonly waiter: ResultWaiter;
  readonly watch: JobWatch;
  readonly pool: ComputePool;
  readonly environment: PassEnvironment;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #tell: BackgroundErrors;
  readonly #timers: NodeJS.Timeout[] = [];

  private constructor(
    config: Config,
    log: Logger,
    opened: Pick<Engine, 'database' | 'boss' | 'interest' | 'waiter' | 'watch'> & { tell: BackgroundErrors },
  ) {
    const { home, threads, workers, limits } = config;
    this.#config = config;
    this.#log = log;
    this.#tell = opened.tell;
    this.database = opened.database;
    this.boss = opened.boss;
    this.interest = opened.interest;
    this.waiter = opened.waiter;
    this.watch = opened.watch;
    this.environment = { home, threads };
    // Two more than passes run at a time: the small lane has one, and registrations and rows written by hand wait for no pass.
    this.pool = new ComputePool({ entry: computeEntry, size: workers + 2, scratch: scratchOf(home), limits });
  }

  static async open(config: Config, log: Logger): Promise<Engine> {
    const scratch = scratchOf(config.home);
    await mkdir(scratch, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw badUserInput(
        'GLASSGRAPH_HOME',
        `The folder of GLASSGRAPH_HOME cannot be written (${error.code}). Name another.`,
      );
    });
    const database = await openDatabase(config);
    await removeDeadScratch(scratch);
    const tell = backgroundErrors(log);
    const boss = await startBoss(database, (error) => tell(error, 'queue'));
    const interest = new Interest(database, boss);
    const waiter = await ResultWaiter.open(database, interest);
    const watch = await JobWatch.open(database);
    return new Engine(config, log, { database, boss, interest, waiter, watch, tell });
  }

  /** Runs passes, if this machine is to run any, and looks after what others leave behind. */
  async start(): Promise<void> {
    const { database, boss, watch, pool, environment } = this;
    const leftovers = new Leftovers(database.db, this.#config.home);
    if (database.engine.kind === 'pglite') {
      await followHome(database.db, this.#config.home);
      await requeueOrphans(database, boss);
      await leftovers.removeAll();
    }
    await endAbandoned(database, boss);
    this.#every(recoveryIntervalMs, 'recovery', () => endAbandoned(database, boss));
    this.#every(cleaningIntervalMs, 'cleaning', async () => {
      await leftovers.sweep([...(await evict(database.db, this.#config.cacheBytes))]);
    });
    const { workers } = this.#config;
    if (workers === 0) return;
    await new Runner({ database, boss, watch, pool, environment, concurrency: workers, log: this.#log }).start();
  }

  /** Who waits for passes is told of them; passes under way are left to whoever starts next. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.interest.close();
    await this.watch.close();
    await this.waiter.close();
    await this.boss.stop({ graceful: false });
    await this.pool.close();
    await this.database.close();
  }

  #every(ms: number, what: string, act: () => Promise<void>): void {
    this.#timers.push(setInterval(() => void act().catch((error) => this.#tell(error, what)), ms).unref());
  }
}

/** Machines may share a home, and process ids are a machine's own. */
const scratchOf = (home: string): string => join(home, 'tmp', hostname());
