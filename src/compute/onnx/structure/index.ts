import type { LayerGraph, LogitTensor, LookupGraph } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import type { GraphView } from '../view.ts';
import { findLayers } from './layers.ts';
import { findLogits } from './logits.ts';
import { findLookups } from './lookups.ts';
import { parameterCount, weightsOf } from './parameters.ts';
import { rowDependent } from './reach.ts';

export interface Structure {
  readonly layers: LayerGraph[];
  readonly logits: LogitTensor[];
  readonly lookups: LookupGraph[];
  readonly parameterCount: number;
}

/** What people would see in a model's graph. `specs`: element type and shape of every tensor, null for dynamic dimensions. */
export function describeStructure(view: GraphView, specs: ReadonlyMap<string, TensorSpec>): Structure {
  const dependent = rowDependent(view);
  const lookups = findLookups(view, specs, dependent);
  return {
    layers: findLayers(view, specs, dependent, new Set(lookups.map(({ carrier }) => carrier))),
    logits: findLogits(view, specs),
    lookups,
    parameterCount: parameterCount(weightsOf(view.nodes, view, dependent), view),
  };
}
