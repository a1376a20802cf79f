import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { badUserInput, bindingMismatch } from '../../errors.ts';
import { dataLimits } from '../../limits.ts';
import type { Manifest } from './manifest.ts';

/** From a value's text to the number of its line, by the file name that the manifest gives. */
export type Vocabularies = Readonly<Record<string, ReadonlyMap<string, number>>>;

/** Checks a vocabulary's text and keeps it below `home` under its SHA-256, which is returned with the number of its entries. */
export async function keepVocabulary(
  home: string,
  name: string,
  text: string,
): Promise<{ digest: string; entryCount: number }> {
  const { size: entryCount } = parseVocabulary(name, text);
  const digest = createHash('sha256').update(text).digest('hex');
  const path = join(home, vocabularyFile(digest));
  await mkdir(dirname(path), { recursive: true });
  // Two models that are registered at once may have the same one.
  const unfinished = `${path}.${randomUUID()}.tmp`;
  await writeFile(unfinished, text);
  await rename(unfinished, path);
  return { digest, entryCount };
}

/** All vocabularies of a manifest, from below `home`. */
export async function loadVocabularies(home: string, { vocabularies }: Manifest): Promise<Vocabularies> {
  const loaded = Object.entries(vocabularies).map(async ([name, digest]) => {
    const text = await readFile(join(home, vocabularyFile(digest)), 'utf8').catch(() => {
      throw bindingMismatch(`The vocabulary ${name} is gone from the server. Register the model again.`);
    });
    return [name, parseVocabulary(name, text)] as const;
  });
  return Object.fromEntries(await Promise.all(loaded));
}

/** Line i (from 0) is entry i; a last line end is none. Throws BAD_USER_INPUT for a text that is empty or says something twice. */
export function parseVocabulary(name: string, text: string): Map<string, number> {
  const refused = (what: string) =>
    badUserInput('input.manifest', `The vocabulary ${name} ${what}`, { vocabulary: name });
  if (text.length > dataLimits.vocabularyBytes)
    throw refused(`has more than ${dataLimits.vocabularyBytes / 2 ** 20} MiB. Hash its values instead.`);
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw refused('is empty. Write an entry a line.');
  const entries = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const earlier = entries.get(line);
    if (earlier !== undefined)
      throw refused(`has “${line}” twice: on line ${earlier + 1} and on line ${at + 1}. Leave one of them out.`);
    entries.set(line, at);
  }
  return entries;
}

export const vocabulariesFolder = 'vocabularies';

/** Where the text with this digest is kept, relative to the home. */
export const vocabularyFile = (digest: string): string => join(vocabulariesFolder, `${digest}.txt`);
