import { Worker } from 'node:worker_threads';
import { newNote, noteIn, tellWork } from '../at-work.ts';

const beatMs = 500;

/**
 * Ends this process when its main thread has been blocked for longer than `limitMs`: by a loop without end, or by work that
 * belongs into a compute process. A thread of its own notices, since nothing else of a blocked process runs, says which operation
 * was at work, and kills the process; whoever started it starts it again (cli/supervise.ts, or a container's restart policy), and what
 * was asked meanwhile is in the store, as after any other crash. Time in which the whole machine sleeps does not count.
 */
export function watchMainThread(limitMs: number): void {
  const memory = newNote();
  const note = noteIn(memory);
  tellWork(note);
  setInterval(() => Atomics.add(note.beats, 0, 1), beatMs).unref();
  const thread = new URL('watchdog-thread.ts', import.meta.url);
  new Worker(thread, { workerData: { memory, limitMs } satisfies WatchdogData }).unref();
}

export interface WatchdogData {
  readonly memory: SharedArrayBuffer;
  readonly limitMs: number;
}
