import { create } from '@bufbuild/protobuf';
import { modelRejected } from '../../../errors.ts';
import { everythingIn } from '../../expressions.ts';
import type { ModelGraph } from '../../graph.ts';
import type { Program } from '../../program.ts';
import { noMultipliers, ofEveryRun } from '../../runs.ts';
import type { TensorSpec } from '../../tensor.ts';
import { GraphBuilder } from '../builder.ts';
import type { ModelProto, NodeProto } from '../proto/onnx_pb.js';
import { GraphProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from '../proto/onnx_pb.js';
import { readsOf } from '../reach.ts';
import { renamed } from '../rename.ts';
import { valueInfoOf } from '../tensors.ts';
import { viewOf } from '../view.ts';
import { type Levels, levelsOf } from './levels.ts';
import { Stretches } from './stretches.ts';

/** Before, there is no Scan of this kind and no Slice that is told at run time where to end. */
export const oldestOpset = 10;

/**
 * The same model for one program, taking its rows `rowCount` at a time however many there are: its nodes are the bodies of Scans over
 * stretches of the rows, so that no row sees one of another stretch, nor how many rows there are. The last stretch is filled up with
 * copies of a row, and what comes of them is taken away. Every tensor that the program reads keeps its name and shape. Where it replaces
 * tensors, there is a Scan before and one behind. Throws UNSUPPORTED_BY_EXECUTOR where it reads what has no row axis, or multipliers.
 */
export function inRuns(model: ModelProto, graph: ModelGraph, program: Program, rowCount: number): GraphBuilder {
  const opset = viewOf(model).opset;
  if (opset < oldestOpset)
    throw modelRejected(
      `The model has to be run ${rowCount} rows at a time, which takes opset ${oldestOpset}, and has opset ${opset}. Export it again with opset 18.`,
      { opset },
    );
  const specs = new Map(graph.tensors.map((spec) => [spec.name, spec]));
  const inputs = graph.inputs.map(({ name }) => name);
  const everything = everythingIn(Object.values(program.outputs));
  if (everything.some((each) => each.kind === 'gradient' && each.by === 'MULTIPLIERS')) throw noMultipliers(rowCount);
  const levels = levelsOf(model.graph?.node ?? [], inputs, program);
  const inside = new Set(levels.nodes.flat());
  const outside = Object.assign(create(GraphProtoSchema), model.graph, {
    node: (model.graph?.node ?? []).filter((node) => !inside.has(node)),
    valueInfo: [],
  });
  const builder = new GraphBuilder({ ...model, graph: outside }, specs);
  const scans = new Scans(builder, levels, new Set(inputs), rowCount);
  for (const level of levels.nodes.keys()) scans.add(level);
  return builder;
}

class Scans {
  readonly #builder: GraphBuilder;
  readonly #levels: Levels;
  readonly #inputs: ReadonlySet<string>;
  readonly #rowCount: number;
  /** What earlier levels gave, stretch by stretch, by the tensor's name. */
  readonly #stretched = new Map<string, string>();

  constructor(builder: GraphBuilder, levels: Levels, inputs: ReadonlySet<string>, rowCount: number) {
    this.#builder = builder;
    this.#levels = levels;
    this.#inputs = inputs;
    this.#rowCount = rowCount;
  }

  add(level: number): void {
    const given = this.#givenBy(level);
    const nodes = needed(this.#levels.nodes[level] ?? [], given);
    if (nodes.length === 0) return;
    const read = [...new Set(nodes.flatMap(readsOf))].filter((name) => this.#isFed(name, level));
    const stretches = new Stretches(this.#builder, [...this.#inputs][0] ?? '', this.#rowCount);
    const feeds = read.map((name) => this.#stretched.get(name) ?? stretches.of(name, this.#rowAxisOf(name)));
    const names = new Map<string, string>();
    for (const name of [...read, ...nodes.flatMap(({ output }) => output)])
      if (name !== '') names.set(name, this.#inBody(name, level));
    const body = create(GraphProtoSchema, {
      name: 'stretch',
      input: read.map((name) => this.#declared(names.get(name) ?? '')),
      node: nodes.map((node) => withNames(node, names)),
      // A Scan wants to know the rank of what it stacks.
      output: given.map((name) => this.#declared(names.get(name) ?? '')),
    });
    const attributes = { body: { graph: body }, num_scan_inputs: feeds.length };
    const made = this.#builder.node('Scan', feeds, attributes, given.length);
    for (const [at, name] of given.entries()) this.#give(name, made[at] ?? '', stretches);
  }

  /** Tensors of a level that the program or a later level reads. */
  #givenBy(level: number): string[] {
    const { nodes, levelOf, read } = this.#levels;
    const later = nodes.slice(level + 1).flatMap((each) => each.flatMap(readsOf));
    return [...new Set([...read, ...later])].filter((name) => levelOf(name) === level);
  }

  /** Whether nodes of a level read it from outside of their body, stretch by stretch. */
  #isFed(name: string, level: number): boolean {
    if (this.#inputs.has(name)) return true;
    const own = this.#levels.levelOf(name);
    return own !== undefined && (own < level || this.#levels.cuts.has(name));
  }

  #give(name: string, stretched: string, stretches: Stretches): void {
    const { read, cuts } = this.#levels;
    const spec = this.#builder.specOf(name);
    if (spec !== undefined) this.#know(stretched, { ...spec, shape: [null, ...spec.shape] });
    if (!cuts.has(name)) this.#stretched.set(name, stretched);
    if (read.has(name)) this.#builder.assign(name, stretches.joined(stretched, this.#rowAxisOf(name)));
  }

  /** A name for the tensor that is its own, with what is known of it. */
  #inBody(name: string, level: number): string {
    const own = this.#builder.uniqueName(`stretch${level}/${name}`);
    const spec = this.#builder.specOf(name);
    if (spec !== undefined) this.#know(own, spec);
    return own;
  }

  #know(name: string, { dtype, shape }: TensorSpec): void {
    this.#builder.declare(name, dtype, shape);
  }

  #declared(name: string) {
    const spec = this.#builder.specOf(name);
    return spec === undefined ? create(ValueInfoProtoSchema, { name }) : valueInfoOf(name, spec.dtype, spec.shape);
  }

  #rowAxisOf(name: string): number {
    const axis = this.#builder.specOf(name)?.shape.indexOf(null) ?? -1;
    if (axis >= 0) return axis;
    throw ofEveryRun(name, this.#rowCount);
  }
}

/** The nodes that these tensors need. */
function needed(nodes: readonly NodeProto[], names: readonly string[]): NodeProto[] {
  const wanted = new Set(names);
  return nodes
    .toReversed()
    .filter((node) => {
      const isNeeded = node.output.some((name) => wanted.has(name));
      if (isNeeded) for (const name of readsOf(node)) wanted.add(name);
      return isNeeded;
    })
    .toReversed();
}

const withNames = (node: NodeProto, names: ReadonlyMap<string, string>): NodeProto =>
  Object.assign(create(NodeProtoSchema), renamed(node, names), {
    // What goes wrong in it is told by its own name.
    name: node.name || (node.output[0] ?? ''),
    output: node.output.map((name) => names.get(name) ?? name),
  });
