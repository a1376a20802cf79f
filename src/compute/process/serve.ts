import { inspect } from 'node:util';
import { GlassgraphError, toErrorRecord } from '../../errors.ts';
import type { CallMessage, Methods, ReplyMessage } from './protocol.ts';

/** The child's side: answers calls until the parent goes, and then goes too, so that a dead server leaves no orphans. */
export function serve(methods: Methods): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (message) => void answer(methods, message as CallMessage));
}

async function answer(methods: Methods, { call, method, parameters }: CallMessage): Promise<void> {
  const context = {
    progress: (value: unknown) => reply({ call, kind: 'progress', value }),
    emit: (value: unknown) => reply({ call, kind: 'emit', value }),
  };
  try {
    const implementation = methods[method];
    if (implementation === undefined) throw new Error(`the compute process has no method ${method}`);
    reply({ call, kind: 'done', value: await implementation(parameters, context) });
  } catch (error) {
    if (error instanceof GlassgraphError) reply({ call, kind: 'failed', error: toErrorRecord(error) });
    else reply({ call, kind: 'defect', log: inspect(error) });
  }
}

function reply(message: ReplyMessage): void {
  // Where the parent has gone there is nobody to tell, not even that.
  process.send?.(message, undefined, undefined, () => undefined);
}
