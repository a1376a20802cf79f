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
