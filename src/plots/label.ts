/** What anybody reads of a number, and what is left of one that float32 or an interpolation has passed through. */
const digits = 6;

/** A value as a label: numbers rounded (whole ones are ids, and stay), lists as JSON, all of it short. */
export function labelOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, (_, inner) => rounded(inner));
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

const rounded = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;
