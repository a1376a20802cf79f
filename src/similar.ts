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

/** The end of a message that says that `asked` is unknown: what was meant, or else what there is. */
export function suggestion(asked: string, names: readonly string[]): string {
  const quoted = (list: readonly string[]) => list.map((name) => `“${name}”`).join(', ');
  const similar = similarTo(asked, names);
  if (similar.length > 0) return ` Did you mean ${quoted(similar)}?`;
  if (names.length === 0) return '';
  return names.length <= 10 ? ` There is ${quoted(names)}.` : ` There is ${quoted(names.slice(0, 10))} and others.`;
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
