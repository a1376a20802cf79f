import type { Tensor } from '@tensorflow/tfjs';
import type { Step, StepGraph } from '../../structure/steps.ts';
import type { Specs } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import { chosenFrom } from './columns.ts';
import { roles } from './operators.ts';
import { parameterCount } from './parameters.ts';
import { tableRead } from './table-read.ts';
import { weightsBehind } from './weights-behind.ts';

/** The graph as it is walked for layers; `specs` of every tensor that depends on the rows. */
export function stepsOf(model: Opened, specs: Specs): StepGraph {
  const { view } = model;
  const outputsOf = Map.groupBy(specs.keys(), nodeOf);
  const stepOf = (node: NodeDef): Step => ({
    operator: node.op,
    role: tableRead(view, node) === undefined ? roles.get(node.op) : 'EMBEDDING',
    reads: inputsOf(node),
    outputs: [node.name, ...(outputsOf.get(node.name) ?? []).filter((output) => output !== node.name)],
    axes: axesOf(model, node),
    choosesColumns: chosenFrom(view, specs, node) !== undefined,
  });
  return {
    steps: view.nodes.filter(({ name, op }) => view.dependent.has(name) && op !== 'Placeholder').map(stepOf),
    inputs: view.inputs,
    outputs: view.outputs,
    specs,
    channelsFirst: false,
    // Some exports of a normalisation have the rows on another axis on the way.
    isReadable: ({ shape }) => shape[0] === null,
    weightShapes: (tensor) => weightsBehind(view, tensor).map(({ shape }) => shape),
    parameterCount: (steps) =>
      parameterCount(
        view,
        steps.flatMap(({ outputs: [name] }) => view.byName.get(name) ?? []),
      ),
  };
}

/** Of a reduction, whose second operand they are: the graph says it itself. */
function axesOf({ tf, executable, view }: Opened, node: NodeDef): readonly number[] | undefined {
  const [, axes] = inputsOf(node);
  if (roles.get(node.op) !== 'REDUCTION' || axes === undefined || !view.weights.has(axes)) return undefined;
  return tf.tidy(() => [...(executable.execute({}, axes) as Tensor).dataSync()]);
}
