import { type ChildProcess, spawn } from 'node:child_process';

/** So many crashes within the window are no accident: whoever looks after the machine has to look. */
const crashLimit = 5;
const windowMs = 10 * 60_000;
/** Before it is started again, so that whatever it holds is free. */
const pauseMs = 500;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the same command without `--restart` in a process of its own, and again whenever that crashes: a signal or an abort of the
 * runtime ends it, or an error once it serves. One that ends with an error before has said what is wrong with its settings. Signals
 * are passed on.
 */
export function supervise(): void {
  const args = process.argv.slice(1).filter((arg) => arg !== '--restart');
  const crashes: number[] = [];
  let isStopping = false;
  let isServing = false;
  let child: ChildProcess;

  const start = (): void => {
    // The channel tells the child when this process is gone, however it went.
    child = spawn(process.execPath, [...process.execArgv, ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    isServing = false;
    child.on('message', () => {
      isServing = true;
    });
    child.on('exit', (code, signal) => {
      const isCrash = signal !== null || (isServing && code !== 0);
      if (!isCrash || isStopping) process.exit(code ?? 0);
      const nowMs = performance.now();
      crashes.push(nowMs);
      if (crashes.filter((atMs) => nowMs - atMs < windowMs).length >= crashLimit) {
        say(
          `the ${crashLimit}th crash within ${windowMs / 60_000} minutes (${signal ?? `exit code ${code}`}); not started again`,
        );
        process.exit(1);
      }
      say(`ended by ${signal ?? `exit code ${code}`}; started again`);
      setTimeout(start, pauseMs);
    });
  };
  for (const signal of signals)
    process.on(signal, () => {
      isStopping = true;
      // A terminal has sent its ^C to the child as well.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      if (child.exitCode !== null || child.signalCode !== null) process.exit(0);
    });
  start();
}

const say = (text: string): void => void process.stderr.write(`glassgraph: ${text}\n`);

/** In the child: it serves from now on. `orphaned`: what to do when whoever started it with `supervise` is gone. */
export function tellSupervisor(orphaned: () => void): void {
  if (process.channel === undefined) return;
  // Waiting for that alone keeps no process alive.
  process.channel.unref();
  process.on('disconnect', orphaned);
  process.send?.('serving');
}
