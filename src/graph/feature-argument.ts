import { badUserInput } from '../errors.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';

/** The position of a feature by its name. Throws BAD_USER_INPUT naming the argument. */
export function featurePosition({ manifest }: ModelRow, name: string, argument: string): number {
  const names = manifest.features.map((feature) => feature.name);
  const at = names.indexOf(name);
  if (at >= 0) return at;
  const { words, data } = suggestionFor(name, names);
  throw badUserInput(argument, `\`${argument}\`: the model has no feature “${name}”.${words}`, data);
}
