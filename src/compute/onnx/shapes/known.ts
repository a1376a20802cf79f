import type { DType } from '../../tensor.ts';

/** null where a size is known at run time only. */
export type Shape = readonly (number | null)[];
/** What is known of a tensor before it is run. */
export interface KnownTensor {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A node about to be added: what is known of its inputs, their values where they are constant, and its attributes. */
export interface InferenceNode {
  readonly operator: string;
  readonly inputs: readonly (KnownTensor | undefined)[];
  /** Whole numbers of a constant input. */
  readonly values: (index: number) => readonly number[] | undefined;
  readonly int: (name: string, otherwise: number) => number;
  readonly ints: (name: string) => readonly number[] | undefined;
}
