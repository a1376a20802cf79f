import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { conflict } from '../errors.ts';

/**
 * One process owns a home folder. The lock is a file with its pid; that of a process that is gone is taken over. Returns how to
 * release it. Throws CONFLICT naming the pid.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner !== process.pid && isAlive(owner)) {
      throw conflict(
        `The home folder is in use by process ${owner}. Stop it, or start this server with another GLASSGRAPH_HOME.`,
        { pid: owner },
      );
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
