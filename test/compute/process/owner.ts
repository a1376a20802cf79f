import { ComputePool } from '../../../src/compute/process/pool.ts';

/** A server with one compute process, which it names to its own parent. */
const pool = new ComputePool({ entry: new URL('./child.ts', import.meta.url), size: 1 });
process.send?.(await pool.run('pid', null));
await pool.run('hang', null);
