/** Of a thread of this process: how long it has been at work without a word, in milliseconds; 0 while it idles. */
type Silence = () => number;

const threads = new Set<Silence>();

/** From now on this process is as silent as that thread; returns how to stop. */
export function listenTo(thread: Silence): () => void {
  threads.add(thread);
  return () => threads.delete(thread);
}

/** Of the thread that has been silent for longest; this one is heard by asking it. */
export const longestSilenceMs = (): number => Math.max(0, ...[...threads].map((silence) => silence()));
