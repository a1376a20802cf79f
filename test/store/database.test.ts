import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { notify, openDatabase } from '../../src/store/database.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { datasets } from '../../src/store/schema.ts';
import { freshDatabase, freshLocation } from '../support/database.ts';
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
    await vi.waitFor(() => expect(heard).toEqual(['a', 'b']));
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
