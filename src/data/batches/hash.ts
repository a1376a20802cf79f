import { fingerprint64 } from 'farmhash-modern';
import type { HashBinding } from '../manifest/manifest.ts';

/** Ids of texts that were hashed before; the same few come again and again. */
const rememberedTexts = 100_000;

/**
 * From a text to its bucket: FarmHash's Fingerprint64 of its UTF-8 bytes, modulo the number of buckets, as
 * `tf.strings.to_hash_bucket_fast` has it.
 */
export function hasher({ buckets }: HashBinding): (text: string) => number {
  const known = new Map<string, number>();
  const divisor = BigInt(buckets);
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const bucket = Number(BigInt.asUintN(64, fingerprint64(text)) % divisor);
    if (known.size >= rememberedTexts) known.clear();
    known.set(text, bucket);
    return bucket;
  };
}
