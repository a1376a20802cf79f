import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trackedFiles } from './files.ts';
import { linksIn } from './markdown.ts';

const files = trackedFiles();
/** As bytes of one character each, so that models and tables can be searched as well. */
const contentOf = (path: string): string => readFileSync(path, 'latin1');

describe('files in git', () => {
  test('name no folder of the machine they were made on', () => {
    const folders = ['work', 'root', 'home', 'Users'].map((name) => `/${name}/`);
    const machinePath = new RegExp(`(?<![\\w.*{}\\])-])(${folders.join('|')})(?!someone/)\\w`);
    expect(files.filter((path) => machinePath.test(contentOf(path)))).toEqual([]);
  });

  test('name no package registry', () => {
    const hosts = [
      ['registry', 'npmjs', 'org'],
      ['registry', 'yarnpkg', 'com'],
      ['files', 'pythonhosted', 'org'],
      ['pypi', 'org'],
      ['deb', 'debian', 'org'],
    ].map((parts) => parts.join('.'));
    expect(files.filter((path) => hosts.some((host) => contentOf(path).includes(host)))).toEqual([]);
  });

  test('lock packages by their content, wherever they come from', () => {
    expect(contentOf('package-lock.json')).not.toContain('"resolved"');
  });

  test('link only to files that are there', () => {
    const broken = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => linksIn(path).map((target) => ({ path, target })))
      .filter(({ path, target }) => !existsSync(normalize(join(dirname(path), target))));
    expect(broken).toEqual([]);
  });
});
