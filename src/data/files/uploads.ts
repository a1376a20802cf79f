import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { badUserInput } from '../../errors.ts';
import { dataLimits } from '../../limits.ts';

/** Below the home: files of requests that are under way. */
export const uploadsFolder = 'uploads';

const argument = 'input.source.files';

/** Files that came with a request, in a folder of their own that goes when they are let go of. */
export interface Uploaded extends AsyncDisposable {
  readonly folder: string;
  readonly paths: readonly string[];
}

/** Writes files of a multipart request below `home`, by their own names. Throws BAD_USER_INPUT for names that are none. */
export async function keepUploads(home: string, files: readonly File[]): Promise<Uploaded> {
  assertNames(files.map(({ name }) => name));
  const folder = join(home, uploadsFolder, `${process.pid}-${Math.random().toString(36).slice(2)}`);
  await mkdir(folder, { recursive: true });
  const uploaded = {
    folder,
    paths: files.map(({ name }) => join(folder, name)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  try {
    for (const file of files) await writeFile(join(folder, file.name), file.stream());
    return uploaded;
  } catch (error) {
    await uploaded[Symbol.asyncDispose]();
    throw error;
  }
}

/** A name must not lead anywhere, nor mean more than one file. */
function assertNames(names: readonly string[]): void {
  if (names.length === 0) throw badUserInput(argument, 'The list of files is empty. Send at least one.');
  if (names.length > dataLimits.uploadCount)
    throw badUserInput(
      argument,
      `There are ${names.length} files; the most is ${dataLimits.uploadCount}. Join some of them.`,
    );
  const wrong = names.find((name) => !/^[^/\\*?[\]\p{C}]{1,200}$/u.test(name) || /^[.\s]|\s$/.test(name));
  if (wrong !== undefined)
    throw badUserInput(
      argument,
      `“${wrong.slice(0, 200)}” cannot be the name of a file here: 1 to 200 printable characters without /, \\, *, ?, [ or ], not beginning with a dot.`,
    );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw badUserInput(argument, `Two files are called “${twice}”. Rename one of them.`);
}
