import { badUserInput } from './errors.ts';

/** Whole numbers beyond it are no longer all there among doubles, which numbers of JSON become. */
const largest = Number.MAX_SAFE_INTEGER;

/**
 * Whether a number, as it is written, is one that a double need not hold: a whole number beyond 2^53 - 1, which may be a rounded one
 * already, or what is there written in another way and would be another number.
 */
export function isRounded(written: string): boolean {
  const value = Number(written);
  if (Math.abs(value) <= largest) return false;
  return /^-?\d+$/.test(written) || decimalOf(written) !== decimalOf(String(value));
}

/** The same text for equal decimal numbers. */
function decimalOf(written: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(written) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** What to do about such a number; `where`: the value that it is. */
export function roundedNumber(where: string, written: string) {
  const shown = written.slice(0, 60);
  const what = Number.isFinite(Number(written))
    ? `2^53 - 1, where numbers of JSON are rounded. Write it as text, "${shown}", or with an exponent where it is none to be taken exactly, 1.5e19.`
    : 'the largest number there is, 1.8e308.';
  return badUserInput(where, `\`${where.slice(0, 200)}\`: ${shown} is beyond ${what}`, { value: written });
}

/** Stands for a number until it is known where it lies. */
class Rounded {
  readonly written: string;
  constructor(written: string) {
    this.written = written;
  }
}

/** Only texts with such can have a number beyond 2^53: to look at each value is dear. */
const mayBeRounded = /\d{16}|\d[eE]/;

/** A JSON text. Throws SyntaxError, and BAD_USER_INPUT for a number that would be rounded, which it names. */
export function parseJson(text: string): unknown {
  if (!mayBeRounded.test(text)) return JSON.parse(text);
  let hasRounded = false;
  const value: unknown = JSON.parse(text, (_key, one: unknown, context?: { readonly source?: string }) => {
    if (typeof one !== 'number' || !isRounded(context?.source ?? String(one))) return one;
    hasRounded = true;
    return new Rounded(context?.source ?? String(one));
  });
  const found = hasRounded ? roundedIn(value, '') : undefined;
  if (found !== undefined) throw roundedNumber(found.path, found.written);
  return value;
}

function roundedIn(value: unknown, path: string): { path: string; written: string } | undefined {
  if (value instanceof Rounded) return { path, written: value.written };
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = roundedIn(inner, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
