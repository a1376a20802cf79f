import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { resolveDatasetSource, resolveModelSource } from '../../../src/data/files/sources.ts';
import { temporaryFolder } from '../parquet.ts';

/** source/logs/p{9,10}.parquet, source/logs/notes.txt, source/model/model.onnx, outside/secret.parquet, and links. */
async function folders() {
  const root = await temporaryFolder();
  const source = join(root, 'source');
  const outside = join(root, 'outside');
  for (const folder of ['source/logs', 'source/model', 'source/empty', 'outside'])
    await mkdir(join(root, folder), { recursive: true });
  const files = [
    'source/logs/p9.parquet',
    'source/logs/p10.parquet',
    'source/logs/notes.txt',
    'source/model/model.onnx',
    'outside/secret.parquet',
  ];
  for (const file of files) await writeFile(join(root, file), '');
  await symlink(join(outside, 'secret.parquet'), join(source, 'link.parquet'));
  await symlink(outside, join(source, 'linked'));
  await symlink(join(source, 'logs'), join(source, 'today'));
  return {
    source,
    outside,
    names: async (uri: string) => (await resolveDatasetSource(uri, [source])).paths.map((path) => basename(path)),
  };
}

test('a file, a folder, a glob, a link that stays inside, and a file: uri', async () => {
  const { source, names } = await folders();
  const both = ['p10.parquet', 'p9.parquet'];
  expect(await names('logs/p9.parquet')).toEqual(['p9.parquet']);
  expect(await names(join(source, 'logs', 'p9.parquet'))).toEqual(['p9.parquet']);
  expect(await names(pathToFileURL(join(source, 'logs')).href)).toEqual(both);
  for (const uri of ['logs', 'logs/', 'logs/p*.parquet', '**/p*.parquet', 'today', './model/../logs']) {
    expect([uri, await names(uri)]).toEqual([uri, both]);
  }
});

test('the first source folder that has it is meant', async () => {
  const { source, outside } = await folders();
  const { paths } = await resolveDatasetSource('secret.parquet', [source, outside]);
  expect(paths).toEqual([join(outside, 'secret.parquet')]);
});

test('a model is a file or a folder, with the folder that its other files lie in', async () => {
  const { source } = await folders();
  const folder = join(source, 'model');
  expect(await resolveModelSource('model/model.onnx', [source])).toEqual({
    path: join(folder, 'model.onnx'),
    root: folder,
  });
  expect(await resolveModelSource('model', [source])).toEqual({ path: folder, root: folder });
});

test.each([
  '../outside/secret.parquet',
  '/etc/passwd',
  'file:///etc/passwd',
  'logs/../../outside',
  '../outside/*.parquet',
  'link.parquet',
  'linked',
  'linked/secret.parquet',
  '*.parquet',
])('%s leads outside and is forbidden, by the name that it was given', async (uri) => {
  const { source, outside } = await folders();
  for (const resolve of [resolveDatasetSource, resolveModelSource]) {
    const refusal = resolve(uri, [source]);
    await expect(refusal).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(`“${uri}”`) });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(outside) });
  }
});

test.each([
  'nowhere.parquet',
  'logs/*.csv',
  'l*/secret.parquet',
  '',
  'a\0b',
  '{logs,model}',
  'https://example.org/a.parquet',
])('nothing is behind %j: BAD_USER_INPUT', async (uri) => {
  const { source } = await folders();
  const refusal = { code: 'BAD_USER_INPUT', details: { argument: 'input.source.uri' } };
  await expect(resolveDatasetSource(uri, [source])).rejects.toMatchObject(refusal);
});

test('a folder without Parquet is rejected', async () => {
  const { names } = await folders();
  await expect(names('empty')).rejects.toMatchObject({ code: 'DATASET_REJECTED' });
});
