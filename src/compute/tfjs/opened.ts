import type { GraphModel, NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import type { GraphView } from './graph-view.ts';
import type { Runtime } from './runtime/library.ts';

/** A model that runs from any of its tensors to any other. */
export interface Executable {
  /** Tensors by name from others: what lies before a tensor that is fed is not run. */
  execute(feeds: NamedTensorMap, names: string | string[]): Tensor | Tensor[];
  /** Whether a gradient passes a node. */
  differentiates(node: string): boolean;
  dispose(): void;
}

/** A model in memory: what runs it, and its graph. */
export interface Opened {
  readonly tf: Runtime;
  readonly executable: Executable | GraphModel;
  readonly view: GraphView;
}
