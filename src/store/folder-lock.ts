import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conflict } from '../errors.ts';

/**
 * One process owns a home folder. The lock is a file with its pid; that of a process that is gone is taken over. Returns how to
 * release it. Throws CONFLICT naming the pid.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  for (;;) {
    if (await createWithPid(path)) return () => rm(path, { force: true });
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    // Our own pid is that of an earlier life: in a container a server often has the same pid after each start.
    if (owner !== process.pid && isAlive(owner)) {
      throw conflict(
        `The home folder is in use by process ${owner}. Stop it, or start this server with another GLASSGRAPH_HOME. ` +
          'If that process is something else, delete the file “lock” in the folder.',
        { pid: owner },
      );
    }
    await rm(path, { force: true });
  }
}

/** A link appears with its content: nobody sees a lock that does not yet say whose it is. False when there is one. */
async function createWithPid(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, String(process.pid));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
