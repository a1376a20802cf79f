import { readFile } from 'node:fs/promises';
import { analysisFailed } from '../../errors.ts';
import { ComputeProcessLost } from './lost.ts';

/** What one call may take of the machine. */
export interface CallLimits {
  readonly seconds: number;
  /** Of the process, weights that are mapped aside. */
  readonly memoryBytes: number;
  /** Without a sign of life the process is taken for lost. */
  readonly silentSeconds: number;
}

const memoryIntervalMs = 250;
const silenceIntervalMs = 1000;

/** Watches a process under a call: `onExceeded` is told, once, what must end it. */
export class CallGuard {
  readonly #timers: NodeJS.Timeout[];
  #silentTicks = 0;

  constructor(pid: number | undefined, limits: CallLimits, onExceeded: (error: Error) => void) {
    const { seconds, memoryBytes, silentSeconds } = limits;
    // Ticks and not times: a parent that stood still itself must not blame its child.
    const listen = (): void => {
      if (++this.#silentTicks > silentSeconds) onExceeded(new ComputeProcessLost(`silent for ${silentSeconds} s`));
    };
    const weigh = (): void =>
      void anonymousBytes(pid).then((bytes) => bytes > memoryBytes && onExceeded(tooLarge(memoryBytes)));
    this.#timers = [
      setTimeout(() => onExceeded(tooLong(seconds)), seconds * 1000),
      setInterval(listen, silenceIntervalMs),
      setInterval(weigh, memoryIntervalMs),
    ];
  }

  /** A sign of life. */
  heard(): void {
    this.#silentTicks = 0;
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

const tooLong = (seconds: number) =>
  analysisFailed(
    `This took longer than ${seconds} seconds, which is the most (GLASSGRAPH_PASS_SECONDS). ` +
      'Ask for fewer rows or less at a time, or raise the limit.',
    { seconds },
  );

const tooLarge = (memoryBytes: number) =>
  analysisFailed(
    `This took more than ${Math.round(memoryBytes / 2 ** 20)} MiB of memory, which is the most (GLASSGRAPH_PASS_MEMORY). ` +
      'Ask for fewer rows or less at a time, or raise the limit.',
    { memoryBytes },
  );

/** What Linux tells of a process; where nobody tells, 0. */
async function anonymousBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
