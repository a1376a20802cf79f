import { GlassgraphError } from '../errors.ts';

/** Errors of the rows, which every analysis would meet. */
const ofRows: ReadonlySet<string> = new Set(['BINDING_MISMATCH', 'DATASET_REJECTED', 'CANCELLED']);

/** One that cannot be answered, and why not. */
export interface Failure<Member> {
  readonly member: Member;
  readonly error: GlassgraphError;
}

/**
 * Runs all together; where that fails, either half for itself, until those that cannot be answered (no gradient, too many
 * units, no probability) are alone: they take no other with them. Returns them with their errors; throws what is an error of all.
 */
export async function isolated<Member>(
  members: readonly Member[],
  run: (members: readonly Member[]) => Promise<void>,
): Promise<Failure<Member>[]> {
  try {
    await run(members);
    return [];
  } catch (error) {
    if (!(error instanceof GlassgraphError) || ofRows.has(error.code)) throw error;
    if (members.length <= 1) return members.map((member) => ({ member, error }));
    const half = Math.ceil(members.length / 2);
    return [...(await isolated(members.slice(0, half), run)), ...(await isolated(members.slice(half), run))];
  }
}
