import { notFound } from '../../errors.ts';
import { ExpressionIds } from '../expression-ids.ts';
import type { ModelGraph } from '../graph.ts';
import { type Expression, type Program, programType, type RowValue } from '../program.ts';
import type { DType, TensorSpec } from '../tensor.ts';
import { GraphBuilder } from './builder.ts';
import { appendGradient, appendMultipliers } from './gradients/index.ts';
import { only, operators } from './operators.ts';
import { givingOut } from './outputs.ts';
import type { ModelProto } from './proto/onnx_pb.js';
import { prune } from './prune.ts';
import { inRuns } from './runs/index.ts';
import { dataTypeOf } from './tensors.ts';

type Gradient = Expression & { kind: 'gradient' };

/** A model with a program's nodes added and everything else taken away, ready for a session. */
export interface CompiledGraph {
  readonly bytes: Uint8Array;
  readonly nodeCount: number;
  /** The model's inputs that are still needed. */
  readonly inputs: readonly TensorSpec[];
  /** Name of the graph's input for the list of texts, when it is needed. */
  readonly texts?: string;
  /** Name of the graph's input for each row value and parameter that is needed. */
  readonly rowValues: ReadonlyMap<RowValue, string>;
  readonly parameters: ReadonlyMap<string, string>;
  /** Name of the graph's output for each of the program's; equal expressions share one. */
  readonly outputs: ReadonlyMap<string, string>;
}

/**
 * Compiles a program in four steps: every overridden tensor gets a replacement, which its readers read from then on; the
 * overrides' expressions are added and assigned to the replacements; the outputs' expressions are added; what no output needs is
 * taken away. `rowsPerRun`: the model is run with so many rows at a time, however many there are. Throws NOT_FOUND for a tensor that the model does not have, UNSUPPORTED_OPERATOR.
 */
export function compileProgram(
  model: ModelProto,
  graph: ModelGraph,
  program: Program,
  rowsPerRun?: number,
): CompiledGraph {
  const specs = new Map(graph.tensors.map((spec) => [spec.name, spec]));
  const compiler = new Compiler(
    graph,
    rowsPerRun === undefined ? new GraphBuilder(model, specs) : inRuns(model, graph, program, rowsPerRun),
  );
  const overrides = Object.entries(program.overrides ?? {});
  for (const [name] of overrides) compiler.replace(name);
  for (const [name, expression] of overrides) compiler.assign(name, expression);
  return compiler.finish(program.outputs);
}

class Compiler {
  readonly #builder: GraphBuilder;
  readonly #graph: ModelGraph;
  readonly #replacements = new Map<string, string>();
  readonly #rowValues = new Map<RowValue, string>();
  readonly #parameters = new Map<string, string>();

  constructor(graph: ModelGraph, builder: GraphBuilder) {
    this.#builder = builder;
    this.#graph = graph;
  }

  replace(name: string): void {
    this.#specOf(name);
    this.#replacements.set(name, this.#builder.replace(name));
  }

  /** Within its own expression, an overridden tensor is the original. */
  assign(name: string, expression: Expression): void {
    const scope = new Scope([expression], (read) => (read === name ? name : this.#current(read)));
    const value = this.#add(expression, scope);
    const { dtype } = this.#specOf(name);
    this.#builder.assign(this.#current(name), this.#cast(value, programType(dtype), dtype));
  }

  finish(outputs: Program['outputs']): CompiledGraph {
    const builder = this.#builder;
    const scope = new Scope(Object.values(outputs), (name) => this.#current(name));
    const names = new Map(
      Object.entries(outputs).map(([key, expression]) => {
        const name = this.#add(expression, scope);
        // A graph's output has to be made by a node.
        return [key, builder.producerOf(name) === undefined ? only(builder.node('Identity', [name])) : name];
      }),
    );
    const distinct = [...new Set(names.values())];
    prune(builder.model, distinct);
    const fed = new Set(builder.model.graph?.input.map(({ name }) => name));
    const { inputs, texts } = this.#graph;
    const needed = <K>(inputs: ReadonlyMap<K, string>) => new Map([...inputs].filter(([, name]) => fed.has(name)));
    return {
      bytes: givingOut(builder.model, distinct),
      nodeCount: builder.nodes.length,
      inputs: inputs.filter(({ name }) => fed.has(name)),
      ...(texts !== undefined && fed.has(texts.list) && { texts: texts.list }),
      rowValues: needed(this.#rowValues),
      parameters: needed(this.#parameters),
      outputs: names,
    };
  }

  #current(name: string): string {
    return this.#replacements.get(name) ?? name;
  }

  /** Adds what computes the expression, unless it is there; returns the name of its value. */
  #add(expression: Expression, scope: Scope): string {
    const known = scope.values.get(expression);
    if (known !== undefined) return known;
    const value = this.#compute(expression, scope);
    scope.values.set(expression, value);
    return value;
  }

  #compute(expression: Expression, scope: Scope): string {
    switch (expression.kind) {
      case 'constant':
        return this.#builder.constant(expression.value);
      case 'tensor': {
        const { dtype } = this.#specOf(expression.name);
        const isKept = expression.isExact === true && dtype === 'float64';
        return this.#cast(this.#leaf(expression, scope), dtype, isKept ? dtype : programType(dtype));
      }
      case 'row':
      case 'parameter':
        return this.#leaf(expression, scope);
      case 'gradient':
        return this.#gradient(expression, scope);
      case 'apply': {
        const inputs = expression.inputs.map((input) => this.#add(input, scope));
        return operators[expression.operator](this.#builder, inputs, expression.attributes);
      }
    }
  }

  /** The name of something that is not computed from other expressions, as it is in the graph. */
  #leaf(expression: Expression, scope: Scope): string {
    switch (expression.kind) {
      case 'tensor':
        return scope.resolve(expression.name);
      case 'row':
        return taken(this.#rowValues, expression.name, () =>
          this.#builder.input(`row.${expression.name}`, 'float32', [null]),
        );
      case 'parameter':
        return taken(this.#parameters, expression.name, () =>
          this.#builder.input(`parameter.${expression.name}`, expression.dtype, expression.shape),
        );
      default:
        throw new Error('gradients are with respect to tensors of the model and parameters');
    }
  }

  /** All gradients of one thing come from one sweep through the graph. */
  #gradient(expression: Gradient, scope: Scope): string {
    const { of, wrt, by } = expression;
    const sweep = taken(scope.sweeps, scope.sweepOf(expression), () => {
      const target = this.#add(of, scope);
      const wanted = [...new Set(scope.wantedWith(expression).map((wanted) => this.#leaf(wanted, scope)))];
      const gradients = (by === 'MULTIPLIERS' ? appendMultipliers : appendGradient)(this.#builder, target, wanted);
      return new Map(wanted.map((name, index) => [name, gradients[index] ?? '']));
    });
    const dtype = wrt.kind === 'tensor' ? this.#specOf(wrt.name).dtype : 'float32';
    return this.#cast(sweep.get(this.#leaf(wrt, scope)) ?? '', dtype, programType(dtype));
  }

  #cast(name: string, from: DType, to: DType): string {
    return from === to ? name : only(this.#builder.node('Cast', [name], { to: dataTypeOf(to) }));
  }

  #specOf(name: string): TensorSpec {
    const spec = this.#builder.specOf(name);
    if (spec === undefined) throw notFound('tensor', name);
    return spec;
  }
}

/** Expressions that read names in the same way, and what was made for them. */
class Scope {
  readonly resolve: (name: string) => string;
  readonly values = new Map<Expression, string>();
  /** By `sweepOf`: the names of the gradients by what they are with respect to. */
  readonly sweeps = new Map<string, ReadonlyMap<string, string>>();
  readonly ids = new ExpressionIds();
  readonly #wanted = new Map<string, Expression[]>();

  constructor(roots: readonly Expression[], resolve: (name: string) => string) {
    this.resolve = resolve;
    const all = new Set(roots);
    // A set is walked to its end while it grows.
    for (const expression of all) {
      if (expression.kind === 'apply') for (const input of expression.inputs) all.add(input);
      if (expression.kind !== 'gradient') continue;
      all.add(expression.of);
      taken(this.#wanted, this.sweepOf(expression), () => []).push(expression.wrt);
    }
  }

  /** What one sweep through the graph answers: everything that is differentiated in the same way. */
  sweepOf({ of, by }: Gradient): string {
    return `${by} ${this.ids.of(of)}`;
  }

  /** Everything with respect to which somebody in this scope asks the same. */
  wantedWith(expression: Gradient): readonly Expression[] {
    return this.#wanted.get(this.sweepOf(expression)) ?? [];
  }
}

function taken<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
