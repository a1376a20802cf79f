import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../src/store/folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glassgraph-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lockOf = (pid: number | string | undefined, host = hostname()): Promise<void> =>
  writeFile(join(folder, 'lock'), `${pid} ${host}`);
const ours = `${process.pid} ${hostname()}`;

async function pidOfTheDead(): Promise<number | undefined> {
  const child = spawn(process.execPath, ['--eval', '']);
  await once(child, 'exit');
  return child.pid;
}

test('a folder is locked with our pid, and free again afterwards', async () => {
  const unlock = await lockFolder(folder);
  expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(ours);
  await unlock();
  expect(await readdir(folder)).toEqual([]);
});

test('a folder of a process that lives is refused', async () => {
  await lockOf(process.ppid);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(`in use by process ${process.ppid}`),
    details: { pid: process.ppid },
  });
  expect(await readdir(folder)).toEqual(['lock']);
});

test.each([
  ['of a process that is gone', pidOfTheDead],
  ['of an earlier process with our pid', async () => process.pid],
  ['that was cut off by a full disk', async () => ''],
])('a lock %s is taken over', async (_which, pid) => {
  await lockOf(await pid());
  await lockFolder(folder);
  expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(ours);
});

test('a lock of another machine or container, whose pids are none of ours, is looked at for signs of life', async () => {
  await lockOf(process.pid, 'elsewhere');
  const owner = setInterval(() => void utimes(join(folder, 'lock'), new Date(), new Date()), 500);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    message: expect.stringContaining(`in use by process ${process.pid} of elsewhere`),
  });
  clearInterval(owner);
  const unlock = await lockFolder(folder);
  expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(ours);
  await unlock();
}, 20_000);
