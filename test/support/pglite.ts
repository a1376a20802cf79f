import { cpSync, existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where an empty PGlite cluster lies as soon as some test has made one. */
    pgliteCluster: string;
  }
}

/** Once for each run of the suite. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-cluster-'));
  project.provide('pgliteCluster', join(folder, 'database'));
  return () => rm(folder, { recursive: true, force: true });
}

/** An empty cluster, which takes PGlite seconds to make: the first test of a run does, the others copy it. */
export async function copyCluster(folder: string): Promise<void> {
  const cluster = inject('pgliteCluster');
  if (!existsSync(cluster)) {
    const draft = await mkdtemp(`${cluster}-`);
    await (await PGlite.create(draft)).close();
    // Unless another test was quicker.
    await rename(draft, cluster).catch(() => rm(draft, { recursive: true, force: true }));
  }
  cpSync(cluster, folder, { recursive: true });
}
