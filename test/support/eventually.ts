import { vi } from 'vitest';

/** Until it holds, however busy the machine is; for what has no time of its own to be held in. Returns what it returned. */
export const eventually = <Result>(assertion: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(assertion, { timeout: 50_000, interval: 20 });
