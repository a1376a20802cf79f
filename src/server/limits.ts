/** Limits of query documents. The schema's own introspection query is the deepest that people send. */
export const documentLimits = {
  depth: 20,
  aliases: 100,
  tokens: 5000,
  directives: 100,
} as const;

export const requestLimits = {
  /** Manifests of thousands of features and filters of ten thousand values stay below. */
  bodyBytes: 4 * 2 ** 20,
  /** With files: all of it is held in memory while it is read. */
  multipartBytes: 25 * 2 ** 20,
} as const;
