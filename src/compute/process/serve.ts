import { rmSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { diskFull } from '../../disk-full.ts';
import { GlassgraphError, toErrorRecord } from '../../errors.ts';
import { longestSilenceMs } from '../signs-of-life.ts';
import type { CallMessage, Methods, ReplyMessage } from './protocol.ts';

const aliveMs = 1000;
/** A thread that answers runs of batches one after the other is heard more often. */
const silenceMs = 2000;

/** The child's side: answers calls until the parent goes, and then goes too, so that a dead server leaves no orphans. */
export function serve(methods: Methods): void {
  dieFirst();
  process.on('disconnect', () => {
    // Nobody else is left to do it.
    rmSync(process.argv[2] as string, { recursive: true, force: true });
    // At once: native code that still runs in other threads does not stand an orderly end.
    process.kill(process.pid, 'SIGKILL');
  });
  process.on('message', (message) => void answer(methods, message as CallMessage));
}

/** Where Linux runs out of memory, a pass ends and not the server. */
function dieFirst(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // A container may forbid it: then the system chooses.
  }
}

async function answer(methods: Methods, { call, method, parameters }: CallMessage): Promise<void> {
  const context = {
    progress: (value: unknown) => reply({ call, kind: 'progress', value }),
    emit: (value: unknown) => reply({ call, kind: 'emit', value }),
  };
  const alive = setInterval(() => longestSilenceMs() < silenceMs && reply({ call, kind: 'alive' }), aliveMs);
  try {
    const implementation = methods[method];
    if (implementation === undefined) throw new Error(`the compute process has no method ${method}`);
    reply({ call, kind: 'done', value: await implementation(parameters, context) });
  } catch (caught) {
    const error = diskFull(caught) ?? caught;
    if (error instanceof GlassgraphError) reply({ call, kind: 'failed', error: toErrorRecord(error) });
    else reply({ call, kind: 'defect', log: inspect(error) });
  } finally {
    clearInterval(alive);
  }
}

function reply(message: ReplyMessage): void {
  // Where the parent has gone there is nobody to tell, not even that.
  process.send?.(message, undefined, undefined, () => undefined);
}
