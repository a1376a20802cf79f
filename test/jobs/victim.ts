import { startServer } from './server.ts';

/** A server that submits a pass which hangs after its first result, says so, and waits to be killed. */
const [home = '', databaseUrl] = process.argv.slice(2);
const server = await startServer({ home, databaseUrl });
const { jobId } = await server.submit({ first: 'kept', second: 'hangs once' });
await server.wait('first', jobId);
process.send?.(jobId);
