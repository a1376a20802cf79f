import { modelRejected } from '../../../errors.ts';
import { modelLimits } from '../../../limits.ts';
import { viewOfNodes } from '../graph-view.ts';
import type { LayersJson, NodeDef, WeightSpec } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import type { Runtime } from '../runtime/library.ts';
import { builtModel } from './build.ts';
import { type Call, type Calls, callsOf } from './calls.ts';
import { disposeModel, Replay } from './replay.ts';
import { readTopology } from './topology.ts';

/** A layers model, with its calls as a graph: nodes are layers, weights their constant inputs. Throws MODEL_REJECTED. */
export async function openLayers(tf: Runtime, json: LayersJson, bytes: Uint8Array): Promise<Opened> {
  const topology = readTopology(tf, json.modelTopology);
  const model = await builtModel(tf, topology, json, bytes);
  try {
    const calls = callsOf(tf, model, topology.activations);
    for (const { name, reads } of calls.calls) checkShapes(name, reads);
    const weights = new Map(calls.calls.flatMap(weightsOf).map((weight) => [weight.name, weight]));
    const nodes = [
      ...calls.inputs.map(placeholder),
      ...[...weights.keys()].map(constant),
      ...calls.calls.map(nodeOfCall),
    ];
    return {
      tf,
      executable: new Replay(tf, model, calls),
      view: viewOfNodes(nodes, calls.outputs, [...weights.values()]),
    };
  } catch (error) {
    disposeModel(model);
    throw error;
  }
}

/** A row of it has to fit into memory. */
function checkShapes(layer: string, tensors: Call['reads']): void {
  for (const { shape } of tensors) {
    const count = shape.slice(1).reduce<number>((product, dim) => product * (dim ?? 1), 1);
    if (shape.length > modelLimits.rank || !(count <= modelLimits.rowElementCount))
      throw modelRejected(
        `The layer “${layer}” reads rows of the shape [${shape.slice(1).join(', ')}], which is beyond the limits.`,
      );
  }
}

const weightsOf = ({ layer }: Call): WeightSpec[] =>
  layer.weights.map(({ originalName, shape, dtype }) => ({ name: originalName, shape: shape as number[], dtype }));

const placeholder = ({ name, tensor: { dtype, shape } }: Calls['inputs'][number]): NodeDef => ({
  name,
  op: 'Placeholder',
  attr: {
    dtype: { type: `DT_${dtype.replace('float32', 'float').toUpperCase()}` },
    shape: { shape: { dim: shape.map((dim, axis) => ({ size: axis === 0 ? -1 : (dim ?? -1) })) } },
  },
});

const constant = (name: string): NodeDef => ({ name, op: 'Const' });

function nodeOfCall(call: Call): NodeDef {
  const { name, op, inputs, outputCount } = call;
  const weights = weightsOf(call).map((weight) => weight.name);
  // A table comes before the ids, as in GatherV2.
  const input = op === 'Embedding' ? [...weights, ...inputs] : [...inputs, ...weights];
  return { name, op, input, attr: { outputs: { i: outputCount } } };
}
