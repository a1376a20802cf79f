import { serve } from '../../src/compute/process/serve.ts';

/** A compute process that dies of every model. */
serve({ register: async () => process.kill(process.pid, 'SIGKILL') });
