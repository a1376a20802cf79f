import type { LayerKind } from '../graph.ts';
import type { TensorSpec } from '../tensor.ts';

/** What an operator is to the layers of a model. */
export type Role =
  /** Moves values about and computes none. */
  | 'BOOKKEEPING'
  /** Bookkeeping that keeps the elements of a row in their order. */
  | 'RESHAPE'
  /** Bookkeeping that leaves some values out, or puts some among others: what follows is no longer about the whole layer. */
  | 'SELECTION'
  /** Puts several tensors side by side. */
  | 'JOIN'
  /** Pointwise, and linear in what it reads; a normalisation is written out with the first two. */
  | 'SCALE'
  | 'SHIFT'
  | 'LINEAR'
  /** Pointwise, too. A normalisation computes its spread with the second, which is no activation then. */
  | 'NONLINEAR'
  | 'SPREAD'
  /** Of two tensors: makes a dense layer when one of them is a weight. */
  | 'PRODUCT'
  | 'REDUCTION'
  /** A layer of this kind wherever it stands. */
  | Extract<LayerKind, 'EMBEDDING' | 'CONVOLUTION' | 'RECURRENT' | 'ATTENTION' | 'NORMALIZATION' | 'POOLING'>;

/** A node of a model's graph, of whatever format. */
export interface Step {
  /** As its format calls it. */
  readonly operator: string;
  readonly role: Role | undefined;
  /** Tensors, by name. */
  readonly reads: readonly string[];
  readonly outputs: readonly [string, ...string[]];
  /** Of a REDUCTION or a softmax; undefined for all axes, or for unknown ones. */
  readonly axes?: readonly number[] | undefined;
  /** It takes one column, or some, of this tensor [rows, columns], and does nothing else. */
  readonly chosenFrom?: string | undefined;
}

/** A model's graph as it is looked through for layers and logits: what each backend says of its own format. */
export interface StepGraph {
  /** Whatever depends on the values of the rows, in topological order. */
  readonly steps: readonly Step[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly specs: ReadonlyMap<string, TensorSpec>;
  /** Convolutions have their channels on axis 1, not on the last. */
  readonly channelsFirst: boolean;
  /** Whether there is a use for a layer with this output. */
  isReadable(output: TensorSpec): boolean;
  /** Of a step with `chosenFrom`: which column each element of a row of an output is; undefined where that cannot be told. */
  columnsChosen(step: Step, output: string): readonly number[] | undefined;
  /** Of the weights that a tensor which does not depend on the rows is computed from. */
  weightShapes(tensor: string): readonly (readonly number[])[];
  /** Elements of the weights that steps read. */
  parameterCount(steps: readonly Step[]): number;
}

export const isBookkeeping = (role: Role | undefined): role is 'BOOKKEEPING' | 'RESHAPE' =>
  role === 'BOOKKEEPING' || role === 'RESHAPE';

/** Operators' names, separated by spaces, by their role. */
export const rolesOf = (names: Readonly<Partial<Record<Role, string>>>): ReadonlyMap<string, Role> =>
  new Map(
    Object.entries(names).flatMap(([role, text]) =>
      text
        .trim()
        .split(/\s+/)
        .map((name) => [name, role as Role] as const),
    ),
  );
