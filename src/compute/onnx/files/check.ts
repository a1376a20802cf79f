import { modelRejected } from '../../../errors.ts';
import { modelLimits } from '../../../limits.ts';
import { inOrder } from '../order.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../proto/onnx_pb.js';
import { captures } from '../view.ts';
import { checkTensor } from './check-tensor.ts';

/** Operators of other domains are code that we do not know, or none at all. */
const allowedDomains = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/**
 * Refuses, before any native code sees it, a model that is not what ONNX says a model is or that goes beyond our limits.
 * External data is checked where it is read. Throws MODEL_REJECTED naming the node or tensor.
 */
export function checkModel(model: ModelProto): void {
  checkOperatorSets(model);
  if (model.functions.length > 0)
    throw modelRejected(
      'The model has local functions, which are not read. Inline them (onnx.inliner.inline_local_functions) and register it again.',
    );
  const graph = model.graph;
  if (graph === undefined || graph.output.length === 0)
    throw modelRejected('The graph has no outputs: the file is cut off or no model. Export it again.');
  for (const { name, type } of graph.input)
    if (type?.value.case !== 'tensorType') throw modelRejected(`The input “${name}” is no tensor. Export it as one.`);
  checkDepth(graph, 0);
  checkGraph(graph, undefined, { nodes: 0, initializers: 0 });
}

function checkOperatorSets({ opsetImport }: ModelProto): void {
  for (const { domain } of opsetImport) if (!allowedDomains.has(domain)) throw unknownDomain(domain);
  const [standard, ...more] = opsetImport.filter(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (standard === undefined || more.some(({ version }) => version !== standard.version))
    throw modelRejected('The model does not say which opset it uses, or names several. Export it again.');
  const { min, max } = modelLimits.opset;
  if (standard.version < min || standard.version > max)
    throw modelRejected(
      `The model uses opset ${standard.version}; opsets ${min} to ${max} are read. Export it again with one of them, e.g. 18.`,
      { opset: Number(standard.version) },
    );
}

const unknownDomain = (domain: string, node?: NodeProto) =>
  modelRejected(
    `${node === undefined ? 'The model imports' : `The node ${describe(node)} uses`} operators of the domain “${domain}”, which is not allowed. Export the model with standard operators.`,
    { domain },
  );

/** Names that a graph's nodes may read: its own and those of the graphs around it. */
type Scope = Pick<ReadonlySet<string>, 'has'>;

interface Counts {
  nodes: number;
  initializers: number;
}

/** First of all, since everything else walks down. */
function checkDepth(graph: GraphProto, depth: number): void {
  if (depth > modelLimits.subgraphDepth)
    throw modelRejected(`The model nests control flow deeper than ${modelLimits.subgraphDepth}. Simplify it.`);
  for (const { attribute } of graph.node) for (const body of attribute.flatMap(bodiesOf)) checkDepth(body, depth + 1);
}

function checkGraph(graph: GraphProto, outer: Scope | undefined, counts: Counts): void {
  count(counts, 'nodes', graph.node.length, modelLimits.nodeCount);
  count(counts, 'initializers', graph.initializer.length, modelLimits.initializerCount);
  if (graph.sparseInitializer.length > 0)
    throw modelRejected('The model has sparse weights, which are not read. Export them dense.');
  for (const tensor of graph.initializer) checkTensor(tensor, outer !== undefined);
  for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) checkShape(info);
  const scope = checkNames(graph, outer);
  if (inOrder(graph.node) === undefined) throw modelRejected('The graph goes in a circle. Export the model again.');
  for (const node of graph.node) {
    if (!allowedDomains.has(node.domain)) throw unknownDomain(node.domain, node);
    for (const attribute of node.attribute) {
      checkAttribute(attribute, node);
      for (const body of bodiesOf(attribute)) checkGraph(body, scope, counts);
    }
  }
}

const bodiesOf = ({ g, graphs }: AttributeProto): GraphProto[] => (g === undefined ? graphs : [g, ...graphs]);

function checkAttribute(attribute: AttributeProto, node: NodeProto): void {
  if (attribute.sparseTensor !== undefined || attribute.sparseTensors.length > 0 || attribute.refAttrName !== '')
    throw modelRejected(`The attribute “${attribute.name}” of ${describe(node)} is of a kind that is not read.`);
  for (const tensor of attribute.t === undefined ? attribute.tensors : [attribute.t]) checkTensor(tensor, true);
}

/** Every name is made once and known where it is read. Returns the names that bodies of this graph's nodes may read. */
function checkNames(graph: GraphProto, outer: Scope | undefined): Scope {
  const own = new Set<string>();
  const claim = (name: string) => {
    if (own.has(name))
      throw modelRejected(`Two things of the graph make the tensor “${name}”. Export the model again.`);
    own.add(name);
  };
  for (const { name } of graph.initializer) claim(name);
  const initializers = new Set(own);
  for (const { name } of graph.input) if (!initializers.has(name)) claim(name);
  for (const { output } of graph.node) for (const name of output) if (name !== '') claim(name);
  const known: Scope = { has: (name) => own.has(name) || outer?.has(name) === true };
  for (const node of graph.node)
    for (const name of [...node.input, ...captures(node)])
      if (name !== '' && !known.has(name))
        throw modelRejected(`The node ${describe(node)} reads “${name}”, which nothing makes. Export the model again.`);
  for (const { name } of graph.output)
    if (!known.has(name)) throw modelRejected(`Nothing makes the output “${name}”. Export the model again.`);
  return known;
}

function checkShape({ name, type }: ValueInfoProto): void {
  if (type?.value.case !== 'tensorType') return;
  const dims = type.value.value.shape?.dim ?? [];
  if (dims.length > modelLimits.rank)
    throw modelRejected(`“${name}” has ${dims.length} dimensions; ${modelLimits.rank} are the limit.`);
  let elementCount = 1n;
  for (const { value } of dims) if (value.case === 'dimValue' && value.value > 0n) elementCount *= value.value;
  if (elementCount > modelLimits.elementCount)
    throw modelRejected(`“${name}” has ${elementCount} elements; ${modelLimits.elementCount} are the limit.`);
}

function count(counts: Counts, what: keyof Counts, more: number, limit: number): void {
  counts[what] += more;
  if (counts[what] > limit) throw modelRejected(`The model has more than ${limit} ${what}.`, { limit });
}

const describe = ({ name, opType, output }: NodeProto): string => `“${name || output[0] || opType}” (${opType})`;
