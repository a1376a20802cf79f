import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Leftovers, removeDeadScratch } from '../../src/store/leftovers.ts';
import { freshDatabase } from '../support/database.ts';

test('a file that no row names goes when it is looked at twice and has not changed, whatever its time', async () => {
  await using database = await freshDatabase();
  const scores = join(database.home, 'scores');
  await mkdir(scores);
  const [left, growing] = [join(scores, 'left.parquet'), join(scores, 'growing.tmp')];
  await writeFile(left, 'x');
  await writeFile(growing, 'x');
  await utimes(left, new Date('1999-01-01'), new Date('1999-01-01'));
  const leftovers = new Leftovers(database.db, database.home);
  await leftovers.sweep();
  expect(existsSync(left)).toBe(true);
  await utimes(growing, new Date('2020-01-01'), new Date('2020-01-01'));
  await leftovers.sweep();
  expect([existsSync(left), existsSync(growing)]).toEqual([false, true]);
  await leftovers.sweep(['scores/growing.tmp']);
  expect(existsSync(growing)).toBe(false);
});

test('whoever has the home for himself removes at once what is left', async () => {
  await using database = await freshDatabase();
  for (const folder of ['scores', 'models/.new-1', 'models/kept'])
    await mkdir(join(database.home, folder), { recursive: true });
  await writeFile(join(database.home, 'scores', 'x.tmp'), 'x');
  await new Leftovers(database.db, database.home).removeAll();
  expect(await readdir(join(database.home, 'scores'))).toEqual([]);
  expect(await readdir(join(database.home, 'models'))).toEqual(['kept']);
});

test('folders of compute processes go with their server', async () => {
  await using database = await freshDatabase();
  const scratch = join(database.home, 'tmp');
  // Pid 1 is somebody else, and alive; ours is that of an earlier life; there are no processes of the last.
  for (const name of ['1-a', `${process.pid}-b`, '99999999-c']) await mkdir(join(scratch, name), { recursive: true });
  await removeDeadScratch(scratch);
  expect(await readdir(scratch)).toEqual(['1-a']);
});

test.runIf(process.platform === 'linux')('a compute process that hung when its server died is ended', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  const folder = join(scratch, '99999999-a');
  await mkdir(folder);
  const hung = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', folder], { stdio: 'ignore' });
  await once(hung, 'spawn');
  hung.kill('SIGSTOP');
  const ended = once(hung, 'exit');
  await removeDeadScratch(scratch);
  expect((await ended)[1]).toBe('SIGKILL');
  expect(await readdir(scratch)).toEqual([]);
  await rm(scratch, { recursive: true });
});
