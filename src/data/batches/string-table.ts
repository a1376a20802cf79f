import type { Tensor } from '../../compute/tensor.ts';

/** Texts and the numbers that stand for them: 0, 1, 2, … in the order in which they first came. */
export class Texts {
  /** Those that the numbers of these inputs stand for. */
  readonly inputs: readonly string[];
  readonly #places = new Map<string, number>();
  readonly #list: string[] = [];
  #byteLength = 0;

  constructor(inputs: readonly string[] = []) {
    this.inputs = inputs;
  }

  get list(): readonly string[] {
    return this.#list;
  }

  /** About what they take in memory: two bytes a character, and what a string and its entry in a map cost. */
  get byteLength(): number {
    return this.#byteLength;
  }

  placeOf(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#list.push(text) - 1;
    this.#places.set(text, place);
    this.#byteLength += 2 * text.length + 64;
    return place;
  }

  /** The text at a place of the list. */
  at(place: number): string {
    const text = this.#list[place];
    if (text === undefined) throw new Error(`no text has the number ${place}`);
    return text;
  }
}

/** An element of an input as it can be kept: a number, or a text and not the place that it has in some list. */
export type Encoded = number | string;

/** What a row has in inputs, by their names. */
export type EncodedRow = Readonly<Record<string, readonly Encoded[]>>;

interface EncodedRows {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly texts?: Texts;
}

/** What rows have in an input. */
export function encodedIn({ inputs, texts }: EncodedRows, input: string): Encoded[] {
  const numbers = Array.from((inputs[input] as Tensor).data, Number);
  return texts?.inputs.includes(input) ? numbers.map((place) => texts.at(place)) : numbers;
}

/** The same as numbers, for a batch with these texts. */
export const numbersIn = (encoded: readonly Encoded[], texts: Texts | undefined): number[] =>
  encoded.map((one) => (typeof one === 'number' ? one : (texts as Texts).placeOf(one)));

/** Where the texts of one list lie in another one, which takes them up as they are asked for. */
export function placesIn(to: Texts, from: Texts): (place: number) => number {
  const known: number[] = [];
  return (place) => {
    const own = known[place] ?? to.placeOf(from.at(place));
    known[place] = own;
    return own;
  };
}
