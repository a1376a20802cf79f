/** What says of a signal that it is one of Node's own: it throws on any other, also on one that calls itself an instance. */
const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as (
  this: AbortSignal,
) => boolean;

/**
 * Aborted as soon as one of them is, with its reason. Signals that a library made, as GraphQL Yoga does for its requests, count like
 * Node's own: `AbortSignal.any` refuses them on Node 24.22 and later, and may not hear them on those before.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  return AbortSignal.any(signals.map((signal) => (isOwn(signal) ? signal : followed(signal))));
}

function isOwn(signal: AbortSignal): boolean {
  try {
    isAborted.call(signal);
    return true;
  } catch {
    return false;
  }
}

/** Lives as long as the other: `AbortSignal.any`, which lets go of what nobody needs, is the better for those of a long life. */
function followed(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return controller.signal;
}
