import type { LayerGraph, LogitTensor, LookupGraph } from '../../graph.ts';
import { findLayers } from '../../structure/layers.ts';
import { findLogits } from '../../structure/logits.ts';
import type { Specs } from '../graph-view.ts';
import type { Opened } from '../opened.ts';
import { findLookups } from './lookups.ts';
import { parameterCount } from './parameters.ts';
import { stepsOf } from './steps.ts';

export interface Structure {
  readonly layers: LayerGraph[];
  readonly logits: LogitTensor[];
  readonly lookups: LookupGraph[];
  readonly parameterCount: number;
}

/** What people would see in a model's graph; `specs` of every tensor that depends on the rows. */
export function describeStructure(model: Opened, specs: Specs): Structure {
  const { view } = model;
  const graph = stepsOf(model, specs);
  return {
    layers: findLayers(graph),
    logits: findLogits(graph),
    lookups: findLookups(model, specs),
    parameterCount: parameterCount(view, view.nodes),
  };
}
