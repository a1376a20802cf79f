import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { isAway } from '../../src/store/away.ts';
import { notify, openDatabase, type Queries } from '../../src/store/database.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { datasets } from '../../src/store/schema.ts';
import { freshDatabase, freshLocation } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { copyCluster } from '../support/pglite.ts';
import { newDataset } from '../support/rows.ts';

describe('a database', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test('undoes a transaction that throws', async () => {
    const failing = database.db.transaction(async (tx) => {
      await insertDataset(tx, newDataset('undone', '1'));
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await database.db.select().from(datasets).where(eq(datasets.name, 'undone'))).toEqual([]);
  });

  test('notifies listeners of a channel when the transaction commits, and not of one that did not', async () => {
    const heard: string[] = [];
    const unlisten = await database.listen('letters', (payload) => heard.push(payload));
    await database.db.transaction((tx) => notify(tx, 'numbers', '1'));
    await database.db
      .transaction(async (tx) => {
        await notify(tx, 'letters', 'lost');
        throw new Error('on purpose');
      })
      .catch(() => undefined);
    await database.db.transaction(async (tx) => {
      await notify(tx, 'letters', 'a');
      await notify(tx, 'letters', 'b');
    });
    await eventually(() => expect(heard).toEqual(['a', 'b']));
    await unlisten();
    await notify(database.db, 'letters', 'c');
    expect(heard).toEqual(['a', 'b']);
  });
});

test('what is in a database is there when it is opened again', async () => {
  await using location = await freshLocation();
  const first = await openDatabase(location);
  const { id } = await insertDataset(first.db, newDataset('flights', '2013'));
  await first.close();
  const second = await openDatabase(location);
  expect(await second.db.select().from(datasets)).toMatchObject([{ id, name: 'flights', version: '2013' }]);
  await second.close();
});

test.runIf(inject('postgresUrl') === null)(
  'an embedded one that was killed while it was made is taken for none',
  {
    timeout: 60_000,
  },
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'glassgraph-home-'));
    const script = `await (await import('./src/store/database.ts')).openDatabase({ home: ${JSON.stringify(home)} })`;
    const victim = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
    // PGlite takes a folder with this file for a cluster; it is not the last one that it writes.
    const hasBegun = () => readdirSync(home).some((folder) => existsSync(join(home, folder, 'PG_VERSION')));
    await eventually(() => expect(hasBegun()).toBe(true));
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    expect(existsSync(join(home, 'database'))).toBe(false);
    expect(statSync(join(home, 'database.new')).mode & 0o777).toBe(0o700);
    await copyCluster(join(home, 'database'));
    await (await openDatabase({ home })).close();
    expect(readdirSync(home)).toEqual(['database']);
    await rm(home, { recursive: true });
  },
);

test.runIf(inject('postgresUrl'))('servers that start together on one Postgres migrate it once', async () => {
  await using location = await freshLocation();
  const servers = await Promise.all([1, 2, 3].map(() => openDatabase(location)));
  await Promise.all(
    servers.map(async ({ db, close }) => {
      expect(await db.select().from(datasets)).toEqual([]);
      await close();
    }),
  );
});

test.runIf(inject('postgresUrl'))(
  'a transaction whose connection is lost is refused, and the next ones work',
  async () => {
    await using database = await freshDatabase();
    const { db } = database;
    const pidOf = async (queries: Queries): Promise<number> =>
      ((await queries.execute(sql`select pg_backend_pid() as pid`)) as unknown as { pid: number }[])[0]?.pid as number;
    const end = (pid: number) => db.execute(sql`select pg_terminate_backend(${pid})`);
    const inFlight = (): Promise<unknown> =>
      db.transaction(async (tx) => {
        const pid = await pidOf(tx);
        const slow = tx.execute(sql`select pg_sleep(60)`);
        await Promise.all([slow, end(pid)]);
      });
    const between = (): Promise<unknown> =>
      db.transaction(async (tx) => {
        const pid = await pidOf(tx);
        await end(pid);
        await eventually(async () =>
          expect(await db.execute(sql`select 1 from pg_stat_activity where pid = ${pid}`)).toHaveLength(0),
        );
        await tx.execute(sql`select 1`);
      });
    for (const lost of await Promise.allSettled([inFlight, between, inFlight, between, inFlight].map((one) => one())))
      expect(lost.status).toBe('rejected');
    // As many as there are connections, so that none is left aside. postgres.js tells each once more of the end of its last server.
    const again = () => Promise.allSettled(Array.from({ length: 10 }, () => db.transaction((tx) => pidOf(tx))));
    for (const { reason } of (await again()).filter(({ status }) => status === 'rejected') as PromiseRejectedResult[])
      expect(isAway(reason)).toBe(true);
    expect((await again()).map(({ status }) => status)).not.toContain('rejected');
  },
);

test('a transaction that fails because something else is away is undone', async () => {
  await using database = await freshDatabase();
  const failing = database.db.transaction(async (tx) => {
    await insertDataset(tx, newDataset('undone', '1'));
    throw Object.assign(new Error('another server'), { code: 'ECONNREFUSED' });
  });
  await expect(failing).rejects.toThrow('another server');
  expect(await database.db.select().from(datasets)).toEqual([]);
});
