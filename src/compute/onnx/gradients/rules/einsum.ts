import type { Rule } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';

/**
 * The gradient of an operand is again an Einsum: of the output's gradient and the other operands, with the operand's letters as
 * the result. Letters that only the operand has were summed over: their gradient is the same for every element.
 */
export const einsum: Rule = (site, index) => {
  const { operands, output } = equationOf(site);
  const letters = operands[index] ?? '';
  if (new Set(letters).size < letters.length) throw site.unsupported(`“${letters}” takes a diagonal`);
  const others = site.inputs.flatMap((value, other) =>
    other === index ? [] : [{ value, term: operands[other] ?? '' }],
  );
  const terms = [{ value: site.dy, term: output }, ...others];
  const kept = [...letters].filter((letter) => terms.some(({ term }) => term.includes(letter)));
  const equation = `${terms.map(({ term }) => term).join()}->${kept.join('')}`;
  const gradient = site.dy.op(
    'Einsum',
    terms.map(({ value }) => value),
    { equation },
  );
  gradient.sized(
    kept.map((letter) => sizeOf(letter, terms)),
    site.dy.dtype,
  );
  const missing = [...letters].flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]));
  const input = site.input(index);
  const stretched = kept.flatMap((letter, axis) =>
    input.shape[letters.indexOf(letter)] === 1 && gradient.shape[axis] !== 1 ? [axis] : [],
  );
  const summed = gradient.sum(stretched).unsqueeze(missing);
  return missing.length === 0 ? summed : summed.expandLike(input);
};

/** Every axis with a letter of its own, also those that the equation writes as an ellipsis. */
function equationOf(site: Site): { operands: string[]; output: string } {
  const equation = site.string('equation', '').replaceAll(' ', '');
  const [left = '', right = implicitOutput(equation)] = equation.split('->');
  const terms = left.split(',');
  const ranks = terms.map((term, index) =>
    term.includes('...') ? site.input(index).rank - (term.length - '...'.length) : 0,
  );
  const widest = unusedLetters(equation).slice(0, Math.max(...ranks));
  const written = (term: string, rank: number) => term.replace('...', widest.slice(widest.length - rank));
  return {
    operands: terms.map((term, index) => written(term, ranks[index] ?? 0)),
    output: written(right, widest.length),
  };
}

/** The letters that occur once, in alphabetical order. */
function implicitOutput(left: string): string {
  const letters = [...left].filter((letter) => /[a-z]/i.test(letter));
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return (left.includes('...') ? '...' : '') + once.toSorted().join('');
}

const unusedLetters = (equation: string): string =>
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((letter) => !equation.includes(letter)).join('');

/** The size of a letter, unless every term is stretched along it. */
function sizeOf(letter: string, terms: readonly { value: Value; term: string }[]): number | null {
  const sizes = terms.flatMap(({ value, term }) =>
    term.includes(letter) ? [value.shape[term.indexOf(letter)] ?? null] : [],
  );
  return sizes.find((size) => size !== null && size !== 1) ?? (sizes.includes(null) ? null : 1);
}
