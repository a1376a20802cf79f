import type { LayerGraph, LogitTensor, LookupGraph, Stray } from '../../graph.ts';
import { findLayers } from '../../structure/layers.ts';
import { findLogits } from '../../structure/logits.ts';
import type { TensorSpec } from '../../tensor.ts';
import { rowDependent } from '../reach.ts';
import type { GraphView } from '../view.ts';
import { findLookups } from './lookups.ts';
import { Origins } from './origins.ts';
import { parameterCount, weightsOf } from './parameters.ts';
import { stepsOf } from './steps.ts';
import { findStrays } from './strays.ts';

export interface Structure {
  readonly layers: LayerGraph[];
  readonly logits: LogitTensor[];
  readonly lookups: LookupGraph[];
  readonly strays: Stray[];
  readonly parameterCount: number;
}

/** What people would see in a model's graph. `specs`: element type and shape of every tensor, null for dynamic dimensions. */
export function describeStructure(view: GraphView, specs: ReadonlyMap<string, TensorSpec>): Structure {
  const dependent = rowDependent(view);
  const origins = new Origins(view, specs);
  const lookups = findLookups(view, specs, dependent, origins);
  const graph = stepsOf(view, specs, dependent, lookups);
  return {
    layers: findLayers(graph),
    logits: findLogits(graph),
    lookups,
    strays: findStrays(view, specs, origins, lookups),
    parameterCount: parameterCount(weightsOf(view.nodes, view, dependent), view),
  };
}
