import { bindingMismatch } from '../../errors.ts';
import type { FeatureBinding } from './manifest.ts';

/**
 * Ids that the manifest itself gives are the same for every row: those of a vocabulary of so many entries, of a hash, of nulls and
 * of padding. `cardinality`: ids are below it. Throws BINDING_MISMATCH for one that is not.
 */
export function assertOwnIds(feature: FeatureBinding, vocabularySize: number, cardinality: number): void {
  if (feature.kind !== 'CATEGORICAL' && feature.kind !== 'SEQUENCE') return;
  const { name, column, vocabulary, hash, offset = 0, missing } = feature;
  const whose = `of the feature “${name}”`;
  const last = (hash?.buckets ?? vocabularySize) - 1 + offset;
  const ids: [what: string, id: number][] = [
    [
      `The vocabulary ${vocabulary} ${whose} has ${vocabularySize} entries, the last with`,
      vocabulary === undefined ? 0 : last,
    ],
    [`The last hash bucket ${whose} is`, hash === undefined ? 0 : last],
    [`The missing id ${whose} is`, typeof missing === 'number' ? missing : 0],
    [`The padding ${whose} is`, feature.kind === 'SEQUENCE' ? feature.padding : 0],
  ];
  for (const [what, id] of ids) {
    if (id < cardinality) continue;
    throw bindingMismatch(
      `${what} id ${id}, and its table has ${cardinality} entries, from id 0 on. Mend the manifest, or take the table’s own vocabulary.`,
      { feature: name, column, value: id },
    );
  }
}
