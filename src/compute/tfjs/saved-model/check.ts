import { modelRejected } from '../../../errors.ts';
import { modelLimits } from '../../../limits.ts';
import { nodeName, type ReachedNode, reachedFrom } from './closure.ts';
import { allowedOperators, restoringOperators } from './operators.ts';
import type { MetaGraphDef, NodeDef, TensorShapeProto } from './proto/saved_model_pb.js';
import { initializers, type Signature } from './signature.ts';

/** TensorFlow's number of its type of text. */
const text = 7;
/** TensorFlow's number of float32. */
const float32 = 1;

/**
 * Checks what TensorFlow would run when the model is loaded and asked: operators that only compute, and variables that are filled from
 * the model's own files. Returns the number of elements of the float variables that the signature reads. Throws MODEL_REJECTED.
 */
export function checkedParameterCount(graph: MetaGraphDef, signature: Signature): number {
  const functions = graph.graphDef?.library?.function ?? [];
  const nodeCount = functions.reduce((sum, { nodeDef }) => sum + nodeDef.length, graph.graphDef?.node.length ?? 0);
  if (nodeCount > modelLimits.nodeCount)
    throw modelRejected(`The SavedModel has ${nodeCount} nodes; the most is ${modelLimits.nodeCount}.`);
  const asked = reachedFrom(graph, [
    ...signature.outputs.map(({ tensor }) => tensor),
    ...signature.inputs.map(({ tensor }) => tensor),
  ]);
  refuseOthers([...asked, ...reachedFrom(graph, initializers(graph))], allowedOperators);
  const restoring = reachedFrom(graph, [graph.saverDef?.restoreOpName ?? '']);
  refuseOthers(restoring, restoringOperators);
  for (const reached of restoring) refuseOtherFiles(reached, restoring);
  const constants = [...asked, ...restoring].reduce((sum, { node }) => sum + constantBytes(node), 0);
  if (constants > modelLimits.fileBytes)
    throw modelRejected(`The constants of the graph have ${constants} bytes; the most is ${modelLimits.fileBytes}.`);
  return asked.reduce((sum, { node }) => sum + variableElements(node), 0);
}

function refuseOthers(reached: readonly ReachedNode[], allowed: ReadonlySet<string>): void {
  for (const { node, inFunction } of reached) {
    // A call by the function's own name has its body looked at.
    if (allowed.has(node.op) || reached.some((other) => other.inFunction === node.op)) continue;
    const where = inFunction === null ? '' : ` of the function “${inFunction}”`;
    throw modelRejected(
      `The operator ${node.op} (“${node.name}”${where}) is not run: it does more than to compute. Export the model without it; vocabularies belong in the manifest.`,
      { operator: node.op, node: node.name },
    );
  }
}

/** Variables are read from the file that the loader names, so that no text of the graph may stand in its place. */
function refuseOtherFiles({ node, inFunction }: ReachedNode, all: readonly ReachedNode[]): void {
  const isRestore = node.op === 'RestoreV2';
  if (!isRestore && !(inFunction === null && node.op.endsWith('PartitionedCall'))) return;
  const isText = (input: string): boolean => {
    const source = all.find((other) => other.inFunction === inFunction && other.node.name === nodeName(input))?.node;
    if (source?.op === 'Identity') return isText(source.input[0] ?? '');
    return source?.op === 'Const' && typeOf(source) === text;
  };
  if (node.input.slice(0, isRestore ? 1 : undefined).some(isText))
    throw modelRejected(`“${node.name}” reads variables from a file that the graph names. Export the model again.`);
}

const typeOf = ({ attr }: NodeDef): number | undefined => {
  const value = attr.dtype?.value;
  return value?.case === 'type' ? value.value : undefined;
};

/** As it lies in memory, where a short description can stand for many elements; no type takes more than 16 bytes. */
function constantBytes({ op, attr }: NodeDef): number {
  const value = attr.value?.value;
  return op === 'Const' && value?.case === 'tensor' ? 16 * elements(value.value.tensorShape) : 0;
}

function variableElements(node: NodeDef): number {
  const shape = node.attr.shape?.value;
  if (!/^Var(HandleOp|iable(V2)?)$/.test(node.op) || typeOf(node) !== float32 || shape?.case !== 'shape') return 0;
  return elements(shape.value);
}

function elements(shape: TensorShapeProto | undefined): number {
  return (shape?.dim ?? []).reduce((product, { size }) => product * Math.max(0, Number(size)), 1);
}
