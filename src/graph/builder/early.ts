import type { GraphQLField } from 'graphql';
import { badUserInput, GlassgraphError } from '../../errors.ts';
import { flawOf } from '../../flaw.ts';
import { wholeBetween } from '../../questions/arguments.ts';

type Arguments = object;
type Check<Given> = (given: Given) => unknown;

/**
 * For `extensions` of a field that cannot be null: an error of its resolver takes along the answer around it. So what is wrong with
 * its arguments whatever the data are is refused before anything of the document runs, by `check`, which throws.
 */
export const refusedEarly = <Given>(check: Check<Given>): { readonly refusedEarly: Check<Given> } => ({
  refusedEarly: check,
});

/** For a list that cannot be null: `first`, where it is given. */
export const firstUpTo =
  (high: number) =>
  ({ first }: { readonly first?: number | null | undefined }): unknown =>
    first == null || wholeBetween('first', first, 0, high);

/** Why the arguments of a field are refused before the document runs; undefined when they are not, or null is its answer then. */
export function earlyRefusal(
  { type, extensions }: GraphQLField<unknown, unknown>,
  given: Arguments,
): GlassgraphError | undefined {
  if (!String(type).endsWith('!')) return undefined;
  try {
    refuseTexts(given);
    (extensions.refusedEarly as Check<Arguments> | undefined)?.(given);
    return undefined;
  } catch (error) {
    if (error instanceof GlassgraphError) return error;
    throw error;
  }
}

/** Throws BAD_USER_INPUT for texts that nothing behind the resolvers could take. */
export function refuseTexts(given: Arguments): void {
  const flaw = flawOf(given);
  if (flaw === undefined) return;
  throw badUserInput(flaw.path, `\`${flaw.path.slice(0, 200)}\` ${flaw.what}, which cannot be kept. Leave it out.`);
}
