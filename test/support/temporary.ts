import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Once for each run of the suite: a temporary directory of its own, which goes at the end with all that tests, and processes that they killed,
 * left in it. The first of the global set-ups, so that the folders of the others lie in it.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const before = process.env.TMPDIR;
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-run-'));
  // Postgres, which root may not run, is another user's, and finds its files in it.
  await chmod(folder, 0o755);
  process.env.TMPDIR = folder;
  return async () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(folder, { recursive: true, force: true });
  };
}
