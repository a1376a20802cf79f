import { basename, sep } from 'node:path';

/**
 * How files are called in messages: by their names, and where several have the same one, by as much of their paths as tells them
 * apart (`day=1/part-0.parquet`). The folders that all of them share are nobody's business.
 */
export function fileNames(paths: readonly string[]): (path: string) => string {
  const alike = Map.groupBy(new Set(paths), (path) => basename(path));
  const names = new Map<string, string>();
  for (const same of alike.values()) {
    const parts = same.map((path) => path.split(sep));
    const longest = Math.max(...parts.map(({ length }) => length));
    let count = 1;
    const named = (): string[] => parts.map((part) => part.slice(-count).join('/'));
    while (count < longest && new Set(named()).size < same.length) count++;
    for (const [at, name] of named().entries()) names.set(same[at] as string, name);
  }
  return (path) => names.get(path) ?? basename(path);
}
