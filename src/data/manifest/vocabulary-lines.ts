import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './manifest.ts';
import { vocabularyFile } from './vocabulary.ts';

/**
 * Lines of a vocabulary by their numbers, from 0; those that it does not have are left out. Only these lie in memory, since a
 * vocabulary may have as many as a table has entries.
 */
export async function vocabularyLines(
  home: string,
  { vocabularies }: Manifest,
  name: string,
  wanted: readonly number[],
): Promise<Map<number, string>> {
  const open = new Set(wanted);
  const found = new Map<number, string>();
  let line = 0;
  let rest = '';
  const take = (text: string): void => {
    if (open.delete(line)) found.set(line, (line === 0 ? text.replace(/^\uFEFF/, '') : text).replace(/\r$/, ''));
    line++;
  };
  for await (const chunk of createReadStream(join(home, vocabularyFile(vocabularies[name] ?? '')), 'utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) take(text);
    if (open.size === 0) return found;
  }
  // The end of a line ends the last one and begins none.
  if (rest !== '') take(rest);
  return found;
}
