import type { ModelGraph } from '../compute/graph.ts';
import type { TensorSpec } from '../compute/tensor.ts';
import type { Manifest } from '../data/manifest/manifest.ts';
import { filledDims } from '../data/manifest/slots.ts';
import type { Subject } from './analysis.ts';

/**
 * What analyses know of a registered model. An axis of an input whose length the model leaves open is as long as the features make it.
 * Throws BINDING_MISMATCH where they do not make its shape.
 */
export function subjectOf({ graph, manifest }: { graph: ModelGraph; manifest: Manifest }): Subject {
  const filled = new Map(
    graph.inputs
      .filter(({ shape }) => shape.slice(1).includes(null))
      .map((input): [string, TensorSpec] => {
        const [rows = null] = input.shape;
        return [input.name, { ...input, shape: [rows, ...filledDims(input, manifest.features)] }];
      }),
  );
  if (filled.size === 0) return { graph, ...manifest };
  const known = (specs: readonly TensorSpec[]): TensorSpec[] => specs.map((spec) => filled.get(spec.name) ?? spec);
  return { graph: { ...graph, inputs: known(graph.inputs), tensors: known(graph.tensors) }, ...manifest };
}
