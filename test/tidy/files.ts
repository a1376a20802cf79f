import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Paths of the files in git's index, relative to the project's folder, in which the tests run. */
export function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && existsSync(path));
}
