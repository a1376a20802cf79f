import type { GraphBuilder } from '../builder.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { Site } from './site.ts';
import type { Value } from './value.ts';

/**
 * The vector-Jacobian product of one input of a node: from the gradients of its outputs (`dy`) to that of input `index`. It may
 * have the shape that broadcasting gave the input: the driver sums it back.
 */
export type Vjp = (site: Site, index: number) => Value;

/** What a node computes, in operators that have rules themselves. What the gradient does not need of it is never run. */
export interface Composite {
  readonly forward: (site: Site) => readonly Value[];
}

/** What a node does to part after part of its inputs, each by itself: the gradient is that of its body, part after part. */
export interface Mapped {
  /** Throws UNSUPPORTED_OPERATOR where one part has to do with another. */
  readonly body: (site: Site) => Body;
}

/** A body as a graph that grows: of each input and output of the node, the name that it has there. */
export interface Body {
  readonly graph: GraphBuilder;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A node like this one, with its body as it has grown; returns the names of its outputs. */
  again(inputs: ReadonlyMap<string, string>, outputs: readonly string[]): readonly string[];
}

/**
 * One function for all inputs, or one for each; null where the derivative is zero by nature (indices, shapes, conditions). For a
 * whole operator, null says that of all inputs. An input beyond the list has no rule, and differentiating it is an error.
 */
export type Rule = Vjp | readonly (Vjp | null)[] | Composite | Mapped | null;
export type Rules = Readonly<Record<string, Rule>>;

/** The rule of an operator that is written out. */
export const composite = (forward: (site: Site) => Value): Rule => ({ forward: (site) => [forward(site)] });

/** How what a node hands back is found: as a derivative, or in its place as another multiplier that obeys the chain rule. */
export interface Calculus {
  /** Whether 0 stays 0 where a target does not depend on a node, whatever the factors (guard.ts). */
  readonly isGuarded: boolean;
  /** As the search for the path sees a node. */
  pathRule(node: NodeProto): Rule | undefined;
  /** `reads`: the tensors on the path that the node reads. */
  rule(site: Site, reads: ReadonlySet<string>): Rule | undefined;
  /** What becomes of the rule's result for an input. */
  finish(site: Site, gradient: Value): Value;
}
