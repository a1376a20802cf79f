import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { functions, onNodes, onPostgres, onTensorflow, servers, slow } from '../kinds.ts';
import { trackedFiles } from './files.ts';

const tests = trackedFiles().filter((path) => /^test\/.*\.test\.ts$/.test(path));

describe('test files', () => {
  test('run, each in one of the legs that are no second run', () => {
    const run = [...functions, ...servers, ...slow, ...onNodes];
    expect(run.toSorted()).toEqual([...new Set(run)].toSorted());
    expect(tests.filter((path) => !run.includes(path))).toEqual([]);
  });

  test('run on Postgres when they start a server or open a database, however they come by it, and do not say otherwise', () => {
    expect(onPostgres).toEqual(
      expect.arrayContaining(['test/store/jobs.test.ts', 'test/http/models/deletion.test.ts']),
    );
    const opening = tests.filter((path) =>
      /\b(freshLocation|freshDatabase|startServer)\(/.test(readFileSync(path, 'utf8')),
    );
    const saysOtherwise = (path: string) => readFileSync(path, 'utf8').includes('// @module-tag any-database\n');
    expect(opening.filter((path) => !onPostgres.includes(path) && !saysOtherwise(path))).toEqual([]);
  });

  test('run on native TensorFlow when TensorFlow.js has a part in them', () => {
    expect(onTensorflow).toEqual(
      expect.arrayContaining(['test/analysis/representations.test.ts', 'test/compute/tfjs/executor.test.ts']),
    );
    expect(tests.filter((path) => path.startsWith('test/compute/tfjs/') && !onTensorflow.includes(path))).toEqual([]);
  });

  test('are run by CI in every leg', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const legs = Object.keys(scripts).filter((name) => /^test(:|$)/.test(name));
    const ran = [...readFileSync('.ci/run', 'utf8').matchAll(/^(?:\w+=\w+ )?tests \w+ (\S+)$/gm)].map(
      ([, name]) => name,
    );
    expect(ran.toSorted()).toEqual(legs.toSorted());
  });
});
