import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { workerData } from 'node:worker_threads';
import { noteIn, workIn } from '../at-work.ts';
import type { WatchdogData } from './watchdog.ts';

const lookMs = 500;
/** A thread's own `process.stdout` goes through the main thread. */
const stdoutDescriptor = 1;
/** Level of the log lines that end a process, as pino numbers them. */
const fatal = 60;

const { memory, limitMs } = workerData as WatchdogData;
const note = noteIn(memory);

let heard = Atomics.load(note.beats, 0);
let silentMs = 0;
// In looks and not by a clock: while the machine sleeps, or this thread gets no turn either, nobody can be heard.
setInterval(() => {
  const beats = Atomics.load(note.beats, 0);
  silentMs = beats === heard ? silentMs + lookMs : 0;
  heard = beats;
  if (silentMs >= limitMs) end();
}, lookMs);

/** The log of the blocked thread is blocked as well: the line goes straight to where that writes, if it can. */
function end(): void {
  const line = {
    level: fatal,
    time: Date.now(),
    pid: process.pid,
    hostname: hostname(),
    blockedMs: silentMs,
    operation: workIn(note),
    msg: `the main thread has been blocked for ${silentMs / 1000} s; this process ends, to be started again`,
  };
  try {
    writeSync(stdoutDescriptor, `${JSON.stringify(line)}\n`);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}
