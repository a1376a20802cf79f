/**
 * What of an answer is not there: of each path, every place where it ends in null, in nothing, or in an empty list. A path has the
 * names of fields with dots between; a list is gone through, or one of its entries is named by its number: `models.nodes.0.version`.
 */
export const missingOf = (data: unknown, paths: readonly string[]): string[] =>
  paths.flatMap((path) => missingAt(data, path.split('.'), []));

function missingAt(value: unknown, rest: readonly string[], so: readonly (string | number)[]): string[] {
  const [key, ...others] = rest;
  if (Array.isArray(value) && !(key !== undefined && /^\d+$/.test(key))) {
    if (value.length === 0) return [[...so, ...rest].join('.')];
    return value.flatMap((one, at) => missingAt(one, rest, [...so, at]));
  }
  if (value === null || value === undefined) return [[...so, ...rest].join('.')];
  if (key === undefined) return [];
  const inner = typeof value === 'object' && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
  return missingAt(inner, others, [...so, key]);
}

/** Fields of the answer itself that are null though nothing went wrong: what they ask for is not there. */
export const absentOf = (data: object, failed: ReadonlySet<string>): string[] =>
  Object.entries(data).flatMap(([name, value]) => (value === null && !failed.has(name) ? [name] : []));
