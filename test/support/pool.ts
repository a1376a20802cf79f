import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallLimits } from '../../src/compute/process/limits.ts';
import { ComputePool } from '../../src/compute/process/pool.ts';

/** A pool whose processes have some folder for their temporary files, and limits that only a test of limits meets. */
export const newPool = (entry: URL, size: number, limits: Partial<CallLimits> = {}): ComputePool =>
  new ComputePool({
    entry,
    size,
    scratch: join(tmpdir(), 'glassgraph-scratch'),
    limits: { seconds: 600, memoryBytes: 2 ** 40, silentSeconds: 600, ...limits },
  });
