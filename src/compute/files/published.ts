import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const unfinishedPrefix = '.new-';
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Lets `write` fill a new folder below `models` and moves it, as a whole, to the name of the digest that `write` returns, unless the
 * same artifact is there already.
 */
export async function published<Written extends { readonly digest: string }>(
  models: string,
  isWhole: (folder: string) => Promise<boolean>,
  write: (folder: string) => Promise<Written>,
): Promise<Written> {
  await removeAbandoned(models);
  const folder = join(models, `${unfinishedPrefix}${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    const written = await write(folder);
    const target = join(models, written.digest);
    if (await isWhole(target)) return written;
    await rm(target, { recursive: true, force: true });
    await rename(folder, target).catch(async (error) => {
      // Somebody else registered the same model in this moment.
      if (!(await isWhole(target))) throw error;
    });
    return written;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What registrations left behind whose process died. */
async function removeAbandoned(models: string): Promise<void> {
  for (const name of await readdir(models).catch(() => [])) {
    if (!name.startsWith(unfinishedPrefix)) continue;
    const stats = await stat(join(models, name)).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs > dayMs)
      await rm(join(models, name), { recursive: true, force: true });
  }
}
