/**
 * Which request this process is at work for. Whoever watches it from outside (server/watchdog.ts) reads that in memory that they
 * share: a thread that is blocked cannot be asked.
 */
const textBytes = 2048;
const encoder = new TextEncoder();

/** Of that memory: how often the thread has been heard, the length of the text, the text. */
export interface SharedNote {
  readonly beats: Int32Array;
  readonly length: Int32Array;
  readonly text: Uint8Array;
}

export const newNote = (): SharedArrayBuffer => new SharedArrayBuffer(8 + textBytes);

export const noteIn = (memory: SharedArrayBuffer): SharedNote => ({
  beats: new Int32Array(memory, 0, 1),
  length: new Int32Array(memory, 4, 1),
  text: new Uint8Array(memory, 8, textBytes),
});

/** What a request asks, as it came: nobody may have looked at it yet. */
export interface Operation {
  readonly operationName?: string | undefined;
  readonly query?: string | undefined;
}

let note: SharedNote | undefined;
let noted: Operation | undefined;

/** From now on it is told to whoever shares this memory. */
export function tellWork(shared: SharedNote): void {
  note = shared;
}

/** Begins, or goes on with, work for this operation: cheap, since every resolver says it. */
export function atWorkFor(operation: Operation): void {
  if (operation === noted || note === undefined) return;
  noted = operation;
  const { operationName, query } = operation;
  const text = `${operationName ? `${operationName}: ` : ''}${String(query).slice(0, textBytes)}`;
  note.length[0] = encoder.encodeInto(text, note.text).written;
}

/**
 * What was told last, in one line, as far as there is room for it; empty before the first request. Without variables: they may be
 * anybody's secrets.
 */
export const workIn = ({ length, text }: SharedNote): string =>
  // A copy: decoders refuse memory that is shared.
  new TextDecoder().decode(text.slice(0, length[0])).replace(/\s+/g, ' ');
