import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  aliasesOf,
  deleteModel,
  getModel,
  getModelById,
  insertModel,
  listModels,
  type ModelFilter,
  modelNames,
  setAlias,
} from '../../src/store/models.ts';
import type { Page } from '../../src/store/paging.ts';
import { freshDatabase } from '../support/database.ts';
import { newModel } from '../support/rows.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
const insert = (...model: Parameters<typeof newModel>) => insertModel(database.db, newModel(...model));
beforeAll(async () => {
  database = await freshDatabase();
  await insert('ctr', '1', { tags: ['gwen', 'daily'] });
  await insert('ctr', '2', { tags: ['gwen'] });
  await insert('100%_safe', '1', { format: 'TFJS_LAYERS' });
  await insert('CTR-wide', '1');
});
afterAll(() => database[Symbol.asyncDispose]());

describe('registering', () => {
  test('keeps a row as it was given', async () => {
    const model = newModel('kept', '1', { description: 'of someone', tags: ['a', 'b, "c"'], sizeBytes: 2 ** 40 });
    const inserted = await insertModel(database.db, model);
    expect(inserted).toMatchObject(model);
    expect(inserted.createdAt).toBeInstanceOf(Date);
    expect(await getModelById(database.db, inserted.id)).toEqual(inserted);
    await deleteModel(database.db, inserted.id);
  });

  test('the same again returns what is there', async () => {
    const first = await getModel(database.db, { name: 'ctr', version: '1' });
    expect(await insert('ctr', '1', { tags: ['gwen', 'daily'] })).toEqual(first);
  });

  test('what is newly known of the same bytes is taken over', async () => {
    const first = await insert('grown', '1');
    const graph = { ...newModel('grown', '1').graph, parameterCount: 7 };
    expect(await insert('grown', '1', { graph })).toEqual({ ...first, graph });
    expect((await getModel(database.db, { name: 'grown' }))?.graph).toEqual(graph);
    await deleteModel(database.db, first.id);
  });

  test.each([
    ['bytes', { digest: 'another', tags: ['gwen', 'daily'] }],
    ['tags', { tags: ['gwen'] }],
    ['description', { tags: ['gwen', 'daily'], description: 'now with one' }],
  ])('the same version with other %s is a conflict that names it', async (_what, about) => {
    await expect(insert('ctr', '1', about)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('Version “1” of the model “ctr”'),
      details: { name: 'ctr', version: '1' },
    });
  });
});

describe('finding one', () => {
  test('by version, or the one registered last', async () => {
    expect(await getModel(database.db, { name: 'ctr', version: '1' })).toMatchObject({ version: '1' });
    expect(await getModel(database.db, { name: 'ctr' })).toMatchObject({ version: '2' });
    expect(await getModel(database.db, { name: 'ctr', version: '3' })).toBeUndefined();
    expect(await getModel(database.db, { name: 'nobody' })).toBeUndefined();
  });

  test('by alias, which belongs to one version at a time', async () => {
    const [one, two] = await Promise.all(['1', '2'].map((version) => getModel(database.db, { name: 'ctr', version })));
    if (one === undefined || two === undefined) throw new Error('registered above');
    expect(await setAlias(database.db, one, 'production')).toBeUndefined();
    await setAlias(database.db, one, 'baseline');
    expect(await getModel(database.db, { name: 'ctr', alias: 'production' })).toEqual(one);
    expect(await setAlias(database.db, two, 'production')).toEqual(one);
    expect(await setAlias(database.db, two, 'production')).toEqual(two);
    expect(await getModel(database.db, { name: 'ctr', alias: 'production' })).toEqual(two);
    expect(await getModel(database.db, { name: 'ctr', alias: 'production', version: '1' })).toBeUndefined();
    expect(await getModel(database.db, { name: 'CTR-wide', alias: 'production' })).toBeUndefined();
    expect(await aliasesOf(database.db, one.id)).toEqual(['baseline']);
  });

  test('which moves from version to version, also when many set it at once: each learns whose it was', async () => {
    const versions = await Promise.all(Array.from({ length: 6 }, (_, at) => insert('contested', String(at))));
    const previous = await Promise.all(versions.map((version) => setAlias(database.db, version, 'champion')));
    const last = await getModel(database.db, { name: 'contested', alias: 'champion' });
    const held = [...previous.map((row) => row?.version), last?.version].sort();
    expect(held).toEqual([...versions.map(({ version }) => version), undefined].sort());
    for (const { id } of versions) await deleteModel(database.db, id);
  });
});

describe('listing', () => {
  const list = async (filter: ModelFilter, page: Page = { limit: 10 }) => {
    const { rows, totalCount } = await listModels(database.db, filter, page);
    return { found: rows.map(({ name, version }) => `${name} ${version}`), totalCount };
  };

  test('latest versions, newest first', async () => {
    expect(await list({})).toEqual({ found: ['CTR-wide 1', '100%_safe 1', 'ctr 2'], totalCount: 3 });
  });

  test('every version', async () => {
    expect(await list({ allVersions: true })).toMatchObject({ totalCount: 4 });
    expect(await list({ allVersions: true, name: 'ctr' })).toEqual({ found: ['ctr 2', 'ctr 1'], totalCount: 2 });
  });

  test('by a part of the name, whatever its case and taken literally', async () => {
    expect(await list({ search: 'ctr' })).toMatchObject({ found: ['CTR-wide 1', 'ctr 2'] });
    expect(await list({ search: '0%_' })).toMatchObject({ found: ['100%_safe 1'] });
    expect(await list({ search: '%' })).toMatchObject({ totalCount: 1 });
    expect(await list({ search: '\\' })).toMatchObject({ totalCount: 0 });
  });

  test('by format and tag', async () => {
    expect(await list({ format: 'TFJS_LAYERS' })).toMatchObject({ found: ['100%_safe 1'] });
    expect(await list({ tag: 'gwen' })).toMatchObject({ found: ['ctr 2'] });
    expect(await list({ tag: 'daily', allVersions: true })).toMatchObject({ found: ['ctr 1'] });
  });

  test('in pages from either end, which count everything', async () => {
    const { rows } = await listModels(database.db, { allVersions: true }, { limit: 10 });
    const [, second, third] = rows.map(({ ordinal }) => ordinal);
    const all = { allVersions: true };
    expect(await list(all, { limit: 2, after: second })).toEqual({ found: ['ctr 2', 'ctr 1'], totalCount: 4 });
    expect(await list(all, { limit: 1, after: second })).toEqual({ found: ['ctr 2'], totalCount: 4 });
    expect(await list(all, { limit: 2, backwards: true })).toMatchObject({ found: ['ctr 2', 'ctr 1'] });
    expect(await list(all, { limit: 1, before: third, backwards: true })).toMatchObject({ found: ['100%_safe 1'] });
  });

  test('names, for suggestions', async () => {
    expect((await modelNames(database.db)).sort()).toEqual(['100%_safe', 'CTR-wide', 'ctr']);
  });
});

test('deleting a model takes its aliases along and leaves other versions', async () => {
  const model = await insert('short-lived', '1');
  const other = await insert('short-lived', '2');
  await setAlias(database.db, model, 'production');
  expect(await deleteModel(database.db, model.id)).toEqual(model);
  expect(await deleteModel(database.db, model.id)).toBeUndefined();
  expect(await getModel(database.db, { name: 'short-lived', alias: 'production' })).toBeUndefined();
  expect(await getModel(database.db, { name: 'short-lived' })).toEqual(other);
});
