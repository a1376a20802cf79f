/** Deeper than any manifest or filter; what walks over JSON after us may recurse. */
const depthLimit = 64;

/** What is wrong with a JSON value, and where. */
interface Flaw {
  readonly path: string;
  /** Continues “x …”. */
  readonly what: string;
}

/** The first thing of a JSON value that no database, file or column takes; undefined when all is fine. Keys count as texts. */
export function flawOf(value: unknown, path = '', depth = 0): Flaw | undefined {
  if (typeof value === 'string') return flawOfText(value, path);
  if (value === null || typeof value !== 'object') return undefined;
  if (depth === depthLimit) return { path, what: `is nested deeper than ${depthLimit}` };
  for (const [key, inner] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const flaw = flawOfText(key, path) ?? flawOf(inner, place, depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function flawOfText(text: string, path: string): Flaw | undefined {
  if (text.includes('\0')) return { path, what: 'has the character U+0000' };
  return text.isWellFormed() ? undefined : { path, what: 'has half of a surrogate pair' };
}
