/**
 * How every command ends (docs/cli.md). What may be taken for a pass is 0 alone; a script that tells the others apart knows whether
 * to look at the model, at its own question, or to come back later.
 */
export const exitCodes = {
  answered: 0,
  /** Answered, and the answer is no: there is no such thing, what was required is null, a job has not ended well. */
  no: 1,
  /** Not answered: bad arguments, no server, an error. */
  failed: 2,
  /** Not answered yet: a job computes it. */
  pending: 3,
} as const;

/** Of an answer with errors. */
export const exitCodeOf = (errors: readonly { readonly extensions?: { readonly code?: string } }[]): number =>
  errors.every(({ extensions }) => extensions?.code === 'ANALYSIS_PENDING') ? exitCodes.pending : exitCodes.failed;
