/** What anybody reads of a number, and what is left of one that float32 or an interpolation has passed through. */
const digits = 6;

/** A value as a label: numbers rounded (whole ones are ids, and stay), lists as JSON, all of it short. */
export function labelOf(value: unknown): string {
  const text = typeof value === 'string' ? value : written(value);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  return typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value)
    ? rounded(value)
    : JSON.stringify(value);
}

function rounded(value: number): string {
  const number = Number(value.toPrecision(digits));
  // Zeros in the places that were rounded off would pass for digits: 1234567.8 is not 1234570.
  return Math.abs(number) < 10 ** digits ? String(number) : number.toExponential();
}
