/** “Did you mean”: of `names`, those that come close to what was asked for, closest first, at most five. */
export function similarTo(asked: string, names: Iterable<string>): string[] {
  const wanted = asked.toLowerCase();
  const tolerance = Math.ceil(wanted.length * 0.4);
  return [...names]
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase(), tolerance) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
    .map(({ name }) => name);
}

/** What is said to whoever asked for a name that there is not. */
export interface Suggestion {
  /** The end of a message: what was meant, or else what there is. Empty where there is nothing. */
  readonly words: string;
  /** The same as data: `similar` of “Did you mean”, `existing` of “There is”. */
  readonly data: { readonly similar: string[]; readonly existing?: string[] };
}

/** More names than this are not listed. */
const listedCount = 10;

export function suggestionFor(asked: string, names: readonly string[]): Suggestion {
  const quoted = (list: readonly string[]) => list.map((name) => `“${name}”`).join(', ');
  const similar = similarTo(asked, names);
  if (similar.length > 0) return { words: ` Did you mean ${quoted(similar)}?`, data: { similar } };
  if (names.length === 0) return { words: '', data: { similar } };
  const existing = names.slice(0, listedCount);
  const others = names.length > listedCount ? ' and others' : '';
  return { words: ` There is ${quoted(existing)}${others}.`, data: { similar, existing } };
}

/** A name that is begun counts as one that comes just close enough. */
function distanceTo(asked: string, name: string, limit: number): number {
  const distance = editDistance(asked, name, limit);
  return asked.length > 2 && name.startsWith(asked) ? Math.min(distance, limit) : distance;
}

/** Changes, and swaps of neighbours (optimal string alignment), from one text to another; anything above `limit` once it is certain to be. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let earlier: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (earlier[j - 2] as number) + 1 : substituted;
      current.push(Math.min(substituted, swapped, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    earlier = previous;
    previous = current;
  }
  return previous[b.length] as number;
}
