import type { Tensor } from '@tensorflow/tfjs';
import type { Step, StepGraph } from '../../structure/steps.ts';
import type { Specs } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import { chosenFrom, columnsChosen } from './columns.ts';
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
    // The last input of ConcatV2 is the axis, and no part.
    reads: node.op === 'ConcatV2' ? inputsOf(node).slice(0, -1) : inputsOf(node),
    outputs: [node.name, ...(outputsOf.get(node.name) ?? []).filter((output) => output !== node.name)],
    axes: axesOf(model, specs, node),
    chosenFrom: chosenFrom(view, specs, node),
  });
  return {
    steps: view.nodes.filter(({ name, op }) => view.dependent.has(name) && op !== 'Placeholder').map(stepOf),
    inputs: view.inputs,
    outputs: view.outputs,
    specs,
    channelsFirst: false,
    // Some exports of a normalisation have the rows on another axis on the way.
    isReadable: ({ shape }) => shape[0] === null,
    columnsChosen: ({ chosenFrom = '' }, output) => columnsChosen(model, specs, chosenFrom, output),
    weightShapes: (tensor) => weightsBehind(view, tensor).map(({ shape }) => shape),
    parameterCount: (steps) =>
      parameterCount(
        view,
        steps.flatMap(({ outputs: [name] }) => view.byName.get(name) ?? []),
      ),
  };
}

/** Of a reduction they are the second operand. TensorFlow's softmax is over the last axis; Keras' may have another, where there are more. */
function axesOf({ tf, executable, view }: Opened, specs: Specs, node: NodeDef): readonly number[] | undefined {
  const [before = '', axes] = inputsOf(node);
  if (node.op === 'Softmax') return specs.get(before)?.shape.length === 2 ? [-1] : undefined;
  if (roles.get(node.op) !== 'REDUCTION' || axes === undefined || !view.weights.has(axes)) return undefined;
  return tf.tidy(() => [...(executable.execute({}, axes) as Tensor).dataSync()]);
}
