import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { conflict } from '../errors.ts';

/** How often the owner of a lock shows that it lives, to whom its pid tells nothing, and how long such a one looks. */
const signMs = 1000;
const lookMs = 5000;
const glanceMs = 250;

interface Owner {
  readonly pid: number;
  /** Pids are a machine's, or a container's, own. */
  readonly host: string;
}

/**
 * One process owns a home folder. The lock is a file with its pid and host; that of a process that is gone is taken over. Returns how
 * to release it. Throws CONFLICT naming the pid.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  for (;;) {
    if (await createWithOwner(path)) return kept(path);
    const owner = ownerOf(await readFile(path, 'utf8').catch(() => ''));
    if (await lives(owner, path)) {
      throw conflict(
        `The home folder is in use by process ${owner.pid} of ${owner.host}. Stop it, or start this server with another ` +
          'GLASSGRAPH_HOME. If that process is something else, delete the file “lock” in the folder.',
        { pid: owner.pid },
      );
    }
    await rm(path, { force: true });
  }
}

function kept(path: string): () => Promise<void> {
  const show = (): void => void utimes(path, new Date(), new Date()).catch(() => undefined);
  const timer = setInterval(show, signMs).unref();
  return () => {
    clearInterval(timer);
    return rm(path, { force: true });
  };
}

function ownerOf(text: string): Owner {
  const [pid, host = hostname()] = text.split(' ');
  return { pid: Number(pid), host };
}

async function lives({ pid, host }: Owner, path: string): Promise<boolean> {
  // Our own pid is that of an earlier life: in a container a server often has the same pid after each start.
  if (host === hostname()) return pid !== process.pid && isAlive(pid);
  const timeOf = () =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
  const before = await timeOf();
  for (let lookedMs = 0; lookedMs < lookMs; lookedMs += glanceMs) {
    await setTimeout(glanceMs);
    if ((await timeOf()) !== before) return true;
  }
  return false;
}

/** A link appears with its content: nobody sees a lock that does not yet say whose it is. False when there is one. */
async function createWithOwner(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${process.pid} ${hostname()}`);
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
