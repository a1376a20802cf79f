/**
 * Something that can be asked: what it is called, and whose results it needs. Whatever answers it is one of three kinds: a fold over
 * the rows (`Analysis`), a reading of other results (`Reading`), a fold over a table of weights (`TableAnalysis`). Result and
 * specification are plain data.
 */
export interface Question<in Spec, out Result> {
  readonly kind: 'fold' | 'reading' | 'table';
  readonly name: string;
  /** Goes up with the formula: it is part of the key of every kept result. */
  readonly version: number;
  /** What has to be known before: kept, or computed first, by a pass of its own where it is about other rows. */
  parts?(spec: Spec): readonly PartQuestion[];
  /** Of the whole's other targets, by the names that the asker gives them, those whose rows a reading reads itself. */
  readonly roles?: readonly string[];
  /** For the compiler alone. */
  readonly types?: (spec: Spec) => Result;
}

/** A question with its specification: asked itself, or because its result is needed by another one, whose key has its key in it. */
export interface PartQuestion<out Result = unknown> {
  readonly question: Question<never, Result>;
  readonly spec: unknown;
  /** Which of the whole's other targets it is about, as the asker calls them (training rows, a base model); the same when omitted. */
  readonly over?: string;
}

/** One for each result. */
export type PartQuestions<Parts extends readonly unknown[]> = { readonly [At in keyof Parts]: PartQuestion<Parts[At]> };

export const part = <Spec, Result>(
  question: Question<Spec, Result>,
  spec: NoInfer<Spec>,
  over?: string,
): PartQuestion<Result> => ({ question, spec, ...(over !== undefined && { over }) });

export const partsOf = ({ question, spec }: PartQuestion): readonly PartQuestion[] =>
  // Its type is what `part` has checked.
  question.parts?.(spec as never) ?? [];
