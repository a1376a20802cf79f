import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** Files and folders outside of src that src names relative to itself. */
const named = new Set(
  globSync('src/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:from |import\(|new URL\()'((?:\.\.\/)+[^']+)'/g)]
      .map(([, path]) => join(dirname(file), path as string))
      .filter((path) => !path.startsWith('src/')),
  ),
);

test('the image runs on the Node that is installed where a machine has none', () => {
  const pins = JSON.parse(readFileSync('scripts/node.json', 'utf8')) as Record<string, string>;
  const bases = [...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM node:([\d.]+)-/gm)].map(
    ([, version]) => version,
  );
  expect(bases).toHaveLength(2);
  for (const platform of ['linux-x64', 'linux-arm64'])
    for (const base of bases) expect(pins[platform]).toBe(`node-${platform}@${base}`);
});

test('the image has everything that the server reads beside its source', () => {
  const copied = [...readFileSync('Dockerfile', 'utf8').matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, what]) =>
    (what as string).split(' '),
  );
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
  const isIn = (path: string, list: readonly string[]): boolean =>
    list.some((one) => path === one || path.startsWith(`${one}/`));
  expect([...named].toSorted()).toEqual(
    expect.arrayContaining(['docs/manifest.schema.json', 'migrations', 'package.json']),
  );
  expect([...named].filter((path) => !isIn(path, copied))).toEqual([]);
  expect([...named].filter((path) => isIn(path, ignored) && !ignored.includes(`!${path}`))).toEqual([]);
});
