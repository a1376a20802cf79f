import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { crowdedFolders, longFiles, longFunctions } from './exceptions.ts';
import { trackedFiles } from './files.ts';

const lineLimit = 500;
const functionLimit = 70;
const folderLimit = 30;

const sources = trackedFiles()
  .filter((path) => /^(src|test|bench|scripts|examples)\/.*\.(ts|mts|tsx|mjs|js)$/.test(path))
  .filter((path) => !/_pb\.(js|d\.ts)$|\/generated\//.test(path));

const lineCount = (text: string): number => text.trimEnd().split('\n').length;

/** Every function with a body, as `path name` → its number of lines. A suite of tests is a list, not a function. */
function functionsOf(path: string): [string, number][] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: [string, number][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && !isSuite(node)) {
      found.push([`${path} ${nameOf(node)}`, lineCount(node.getText(file))]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  if (ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent)) return node.parent.name.getText();
  return 'anonymous';
}

/** What is above the limit and is not allowed to be, and exceptions that are larger than needed. */
function offenders(
  sizes: [string, number][],
  limit: number,
  exceptions: Readonly<Record<string, number>>,
  unit = 'lines',
): string[] {
  const largest = new Map<string, number>();
  for (const [name, size] of sizes) largest.set(name, Math.max(size, largest.get(name) ?? 0));
  const tooLong = [...largest]
    .filter(([name, size]) => size > Math.max(limit, exceptions[name] ?? 0))
    .map(([name, size]) => `${name} has ${size} ${unit}`);
  const slack = Object.entries(exceptions)
    .filter(([name, size]) => (largest.get(name) ?? 0) !== size || size <= limit)
    .map(([name, size]) => `the exception of ${name} says ${size}, it has ${largest.get(name) ?? 0} ${unit}`);
  return [...tooLong, ...slack];
}

function callsAbortSignalAny(path: string): boolean {
  const calls = (node: ts.Node): boolean =>
    (ts.isPropertyAccessExpression(node) && node.getText() === 'AbortSignal.any') ||
    (ts.forEachChild(node, calls) ?? false);
  const text = readFileSync(path, 'utf8');
  return text.includes('AbortSignal') && calls(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
}

describe('source files', () => {
  test('are all looked at', () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  test(`have at most ${lineLimit} lines`, () => {
    const sizes = sources.map((path): [string, number] => [path, lineCount(readFileSync(path, 'utf8'))]);
    expect(offenders(sizes, lineLimit, longFiles)).toEqual([]);
  });

  test(`lie at most ${folderLimit} in a folder of src and test`, () => {
    const folders = sources.map((path) => dirname(path)).filter((folder) => /^(src|test)\b/.test(folder));
    const sizes = [...new Set(folders)].map((folder): [string, number] => [
      folder,
      folders.filter((other) => other === folder).length,
    ]);
    expect(offenders(sizes, folderLimit, crowdedFolders, 'files')).toEqual([]);
  });

  test('are small: half of them below 4 kB', () => {
    const bytes = sources.map((path) => statSync(path).size).sort((a, b) => a - b);
    expect(bytes[bytes.length >> 1]).toBeLessThan(4096);
  });

  test(`have functions of at most ${functionLimit} lines`, () => {
    expect(offenders(sources.flatMap(functionsOf), functionLimit, longFunctions)).toEqual([]);
  });

  test('run as they are on the oldest Node, which reads no `using` declarations', () => {
    const run = sources.filter((path) => /^(src|scripts|examples)\//.test(path));
    const declaration = /^\s*(?:await )?using \w+ =/m;
    expect(run.filter((path) => declaration.test(readFileSync(path, 'utf8')))).toEqual([]);
  });

  test('take whatever signals come: `AbortSignal.any` refuses those of others on some releases of Node', () => {
    expect(sources.filter(callsAbortSignalAny)).toEqual(['src/any-signal.ts']);
  });

  test('leave nothing to do later', () => {
    const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
    expect(sources.filter((path) => marks.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});
