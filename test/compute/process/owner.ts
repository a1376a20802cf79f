import { newPool } from '../../support/pool.ts';

/** A server with one compute process, which it names to its own parent. */
const pool = newPool(new URL('./child.ts', import.meta.url), 1);
process.send?.(await pool.run('pid', null));
await pool.run('hang', null);
