import { readFileSync } from 'node:fs';

/** Targets of the links and pictures in a Markdown file that lead to files of the project. */
export function linksIn(path: string): string[] {
  const prose = readFileSync(path, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map(decodeURIComponent);
}

/** The GraphQL documents that a Markdown file shows. */
export function documentsIn(path: string): string[] {
  const blocks = readFileSync(path, 'utf8').matchAll(/^```graphql\n([\s\S]*?)^```/gm);
  return [...blocks].map(([, document = '']) => document);
}

/** The cells of the first table below a heading, row by row, without its head. */
export function tablesIn(path: string, heading: string): string[][] {
  const section = readFileSync(path, 'utf8').split(new RegExp(`^#+ ${heading}$`, 'm'))[1] ?? '';
  const lines = (/(^\|.*\n)+/m.exec(section)?.[0] ?? '').trim().split('\n');
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
