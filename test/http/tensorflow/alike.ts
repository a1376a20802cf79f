/** Where two answers differ: numbers by more than `tolerance` of the largest in the same place of a list's entries. */
export function difference(actual: unknown, wanted: unknown, tolerance: number): string | undefined {
  const scales = new Map<string, number>();
  visit(wanted, '', (place, value) => {
    scales.set(place, Math.max(scales.get(place) ?? 0, Math.abs(value)));
  });
  // The difference of two AUCs is as exact as they are.
  const scaleOf = (place: string): number => (place.endsWith('.selectivity') ? 1 : (scales.get(place) ?? 0));
  return differing(actual, wanted, '', (place) => tolerance * scaleOf(place) + 1e-6);
}

/** Every number, with its place: the names of the fields that lead to it. */
function visit(value: unknown, place: string, seen: (place: string, value: number) => void): void {
  if (typeof value === 'number') seen(place, value);
  else if (Array.isArray(value)) for (const entry of value) visit(entry, place, seen);
  else if (typeof value === 'object' && value !== null)
    for (const [key, entry] of Object.entries(value)) visit(entry, `${place}.${key}`, seen);
}

function differing(a: unknown, b: unknown, place: string, allowed: (place: string) => number): string | undefined {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= allowed(place) ? undefined : `${place}: ${a} instead of ${b}`;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? undefined : `${place}: ${a} instead of ${b}`;
  const [left, right] = [a, b].map((value) => Object.entries(value));
  if (left?.length !== right?.length) return `${place}: ${left?.length} entries instead of ${right?.length}`;
  for (const [key, value] of Object.entries(b)) {
    const found = differing(
      (a as Record<string, unknown>)[key],
      value,
      Array.isArray(b) ? place : `${place}.${key}`,
      allowed,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
