import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetsFolder } from '../data/files/dataset-copies.ts';
import { uploadsFolder } from '../data/files/uploads.ts';
import { vocabulariesFolder } from '../data/manifest/vocabulary.ts';
import { scoresFolder } from '../data/scores/file.ts';
import type { Queries } from './database.ts';
import { namedOf } from './files.ts';
import { isAlive } from './folder-lock.ts';

/** Where files are named at once. Copies of datasets, and files that came with requests, are looked through for longer than a sweep. */
const sweptFolders: readonly string[] = [scoresFolder, vocabulariesFolder];

/**
 * Files that no row names, left by processes that were killed between writing one and the row that names it. Others may be about to
 * write that row: a file goes when two looks at it found it unnamed and unchanged. No clock is asked, for clocks jump.
 */
export class Leftovers {
  readonly #db: Queries;
  readonly #home: string;
  #suspects = new Map<string, number>();

  constructor(db: Queries, home: string) {
    this.#db = db;
    this.#home = home;
  }

  /** `released`: files whose rows have just gone. */
  async sweep(released: readonly string[] = []): Promise<void> {
    const unnamed = await this.#unnamed();
    const goes = [...unnamed].filter(
      ([file, mtimeMs]) => this.#suspects.get(file) === mtimeMs || released.includes(file),
    );
    for (const [file] of goes) await rm(join(this.#home, file), { force: true });
    this.#suspects = unnamed;
  }

  /** Only for whoever has the home for himself. */
  async removeAll(): Promise<void> {
    for (const [file] of await this.#unnamed([...sweptFolders, datasetsFolder, uploadsFolder]))
      await rm(join(this.#home, file), { force: true });
    const models = join(this.#home, 'models');
    for (const name of await readdir(models).catch(() => []))
      if (name.startsWith('.new-')) await rm(join(models, name), { recursive: true, force: true });
  }

  /** With the time of their last change. */
  async #unnamed(folders: readonly string[] = sweptFolders): Promise<Map<string, number>> {
    const files = (await Promise.all(folders.map((folder) => this.#filesOf(folder)))).flat();
    const named = await namedOf(this.#db, this.#home, files);
    const found = new Map<string, number>();
    for (const file of files) {
      const stats = named.has(file) ? undefined : await stat(join(this.#home, file)).catch(() => undefined);
      if (stats !== undefined) found.set(file, stats.mtimeMs);
    }
    return found;
  }

  /** Relative to the home. */
  async #filesOf(folder: string): Promise<string[]> {
    const entries = await readdir(join(this.#home, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#home.length + 1));
  }
}

/**
 * Folders of compute processes whose server is no more; their names begin with its pid. A process that hung when its server died has
 * not learned of it: it is ended, where the system tells which it is.
 */
export async function removeDeadScratch(scratch: string): Promise<void> {
  for (const name of await readdir(scratch)) {
    const owner = Number(name.split('-')[0]);
    if (owner !== process.pid && isAlive(owner)) continue;
    const folder = join(scratch, name);
    for (const pid of await startedWith(folder)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

/** Processes that have the path among their arguments; none where there is no /proc. */
async function startedWith(path: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.split('\0').includes(path) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
