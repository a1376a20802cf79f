/**
 * Which test files are of which kind, read off the files themselves, so that no new one escapes by its name: by what they import, by
 * what they speak of, and by the tags that they carry in a comment of their own:
 *
 *     // @module-tag slow
 *     // @module-tag any-database
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const tags = [
  { name: 'slow', description: 'takes minutes together with its like: not in `npm test`, but in `npm run test:slow`' },
  { name: 'any-database', description: 'needs no second run on Postgres: it asks the database nothing of its own' },
];

const files = new Set(globSync('test/**/*.ts'));
const tests = globSync('test/**/*.test.ts').toSorted();
const textOf = (path: string): string => readFileSync(path, 'utf8');
const tagged = (tag: string): string[] =>
  tests.filter((path) => new RegExp(`^// @module-tag ${tag}$`, 'm').test(textOf(path)));

/** The file and all that it imports of test/, by whatever way. */
function closureOf(path: string, found = new Set<string>()): Set<string> {
  if (!files.has(path) || found.has(path)) return found;
  found.add(path);
  for (const [, target] of textOf(path).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g))
    closureOf(join(dirname(path), target as string), found);
  return found;
}

const isOfPure = (path: string): boolean => /^test\/(analysis|compute|data|graph|planner|plots)\//.test(path);

/** On the Nodes that a machine may have. */
export const onNodes = tests.filter((path) => path.startsWith('test/nodes/'));
export const slow = tagged('slow');
const quick = tests.filter((path) => !slow.includes(path) && !onNodes.includes(path));
/** Of what they are given: their files share a process, and what it has loaded. */
export const functions = quick.filter(isOfPure);
export const servers = quick.filter((path) => !isOfPure(path));

const ofDatabase = ['test/support/database.ts', 'test/support/server.ts'];
const anyDatabase = tagged('any-database');
/** Once more on Postgres. */
export const onPostgres = tests.filter(
  (path) => !anyDatabase.includes(path) && ofDatabase.some((support) => closureOf(path).has(support)),
);
/** Once more on native TensorFlow. */
export const onTensorflow = tests.filter((path) =>
  [...closureOf(path)].some((one) => /tfjs|tensorflow|saved_model/i.test(one + textOf(one))),
);
