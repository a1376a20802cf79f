import { badUserInput } from '../errors.ts';

/** Longer than this nobody needs to hold a connection: the job goes on without it. */
const longestWaitSeconds = 3600;

/** How long a request wants to wait (RFC 7240: `Prefer: wait=30`, `Prefer: respond-async`); undefined when it does not say. */
export function preferredWaitMs(header: string | null): number | undefined {
  const preferences = (header ?? '').split(/[,;]/).map((preference) => preference.trim().toLowerCase());
  for (const preference of preferences) {
    const seconds = /^wait\s*=\s*"?([^"]*)"?$/.exec(preference)?.[1];
    if (seconds === undefined) continue;
    const value = Number(seconds);
    if (seconds === '' || !(value >= 0 && value <= longestWaitSeconds))
      throw badUserInput('Prefer', `“Prefer: wait=${seconds}”: wait for 0 to ${longestWaitSeconds} seconds.`);
    return value * 1000;
  }
  return preferences.includes('respond-async') ? 0 : undefined;
}
