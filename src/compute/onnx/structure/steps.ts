import type { LookupGraph } from '../../graph.ts';
import { isBookkeeping, type Role, type Step, type StepGraph } from '../../structure/steps.ts';
import type { TensorSpec } from '../../tensor.ts';
import { readInt, readInts } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { readsOf } from '../reach.ts';
import type { GraphView } from '../view.ts';
import { chosenFrom, columnsChosen, integersAt } from './columns.ts';
import { roles } from './operators.ts';
import { parameterCount, weightsOf } from './parameters.ts';

type Specs = ReadonlyMap<string, TensorSpec>;

/** The graph as it is walked for layers. */
export function stepsOf(
  view: GraphView,
  specs: Specs,
  dependent: ReadonlySet<string>,
  lookups: readonly LookupGraph[],
): StepGraph {
  const carriers = new Set(lookups.map(({ carrier }) => carrier));
  const isLookup = ({ opType, input, output }: NodeProto): boolean =>
    carriers.has(output[0] ?? '') || (opType === 'Gather' && !dependent.has(input[0] ?? ''));
  const roleOf = (node: NodeProto): Role | undefined => {
    if (isLookup(node)) return 'EMBEDDING';
    return isBookkeepingBranch(node) ? 'BOOKKEEPING' : roles.get(node.opType);
  };
  const stepOf = (node: NodeProto, output: string): Step => ({
    operator: node.opType,
    role: roleOf(node),
    reads: readsOf(node),
    outputs: [output, ...node.output.slice(1)],
    axes: axesOf(node, view),
    chosenFrom: chosenFrom(node, specs, dependent),
  });
  return {
    steps: view.nodes.flatMap((node) => {
      const [output] = node.output;
      return output !== undefined && dependent.has(output) ? [stepOf(node, output)] : [];
    }),
    inputs: view.inputs.map(({ name }) => name),
    outputs: view.outputs.map(({ name }) => name),
    specs,
    channelsFirst: true,
    isReadable: () => true,
    columnsChosen: ({ chosenFrom = '' }, output) => {
      const node = view.producers.get(output);
      return node && columnsChosen(node, specs.get(chosenFrom), view);
    },
    weightShapes: (tensor) => [view.initializers.get(tensor)?.dims.map(Number) ?? shapeOf(specs, tensor)],
    parameterCount: (steps) => {
      const nodes = steps.flatMap(({ outputs: [output] }) => view.producers.get(output) ?? []);
      return parameterCount(weightsOf(nodes, view, dependent), view);
    },
  };
}

const shapeOf = (specs: Specs, tensor: string): number[] => specs.get(tensor)?.shape.map((size) => size ?? 1) ?? [];

/** Of a softmax, and of a reduction, where they were an attribute before they were an input. */
function axesOf(node: NodeProto, view: GraphView): readonly number[] | undefined {
  if (node.opType === 'Softmax') return [readInt(node, 'axis') ?? (view.opset < 13 ? 1 : -1)];
  if (roles.get(node.opType) !== 'REDUCTION') return undefined;
  return readInts(node, 'axes') ?? integersAt(node, 1, view);
}

/** Exporters choose at run time whether an axis is taken off: either branch only moves values about. */
function isBookkeepingBranch({ opType, attribute }: NodeProto): boolean {
  const moves = ({ opType: operator }: NodeProto): boolean =>
    operator === 'Constant' || isBookkeeping(roles.get(operator));
  return opType === 'If' && attribute.every(({ g }) => g?.node.every(moves));
}
