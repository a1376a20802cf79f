/**
 * The path of the first text of a JSON value that no database, file or column takes: with the character U+0000, or with half of
 * a surrogate pair. undefined when all of them are fine. Keys count as texts.
 */
export function unstorableText(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    if (!isStorable(key)) return path;
    const found = unstorableText(inner, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
