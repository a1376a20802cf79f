import { ScoreBuffer } from '../../src/data/scores/buffer.ts';

/** The numbers of a result by where they lie in it; those of a list lie in the same place. Texts are no figures. */
export function figuresOf(value: unknown, place = '', found = new Map<string, number[]>()): Map<string, number[]> {
  const add = (...numbers: number[]): void => void found.set(place, [...(found.get(place) ?? []), ...numbers]);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') add(Number(value));
  else if (value === null) add(Number.NaN);
  else if (ArrayBuffer.isView(value)) add(...Array.from(value as unknown as ArrayLike<number | bigint>, Number));
  else if (Array.isArray(value)) for (const one of value) figuresOf(one, `${place}[]`, found);
  else if (value instanceof ScoreBuffer) for (const stretch of value.stretches()) figuresOf(stretch, place, found);
  else if (typeof value === 'object')
    for (const [name, one] of Object.entries(value as object)) figuresOf(one, `${place}.${name}`, found);
  return found;
}
