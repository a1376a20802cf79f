import type { Tensor as RuntimeTensor } from '@tensorflow/tfjs';
import { analysisFailed, GlassgraphError, notFound, unsupportedByExecutor } from '../../errors.ts';
import type { BatchInput, CompiledProgram } from '../executor.ts';
import { ExpressionIds } from '../expression-ids.ts';
import { everythingIn } from '../expressions.ts';
import type { ModelGraph } from '../graph.ts';
import type { Expression, Program } from '../program.ts';
import { noMultipliers } from '../runs.ts';
import type { Tensor } from '../tensor.ts';
import { Forward, type Run, sweepKey } from './forward.ts';
import { checkMultipliers } from './gradients/multiplier-path.ts';
import { checkPath } from './gradients/path.ts';
import { ancestorsOf, type GraphView } from './graph-view.ts';
import { nodeOf } from './model-json.ts';
import type { Opened } from './opened.ts';
import { InRuns } from './runs.ts';
import { fromRuntime, toRuntime } from './values.ts';

/** What programs are compiled for. */
interface Ground extends Opened {
  readonly graph: ModelGraph;
  /** The model is run with so many rows at a time, however many there are. */
  readonly rowsPerRun?: number | undefined;
}

type Leaf = Extract<Expression, { kind: 'constant' | 'row' | 'parameter' }>;

interface Found {
  readonly leaves: readonly Leaf[];
  /** Tensors that are read outside of any gradient: they are computed together. */
  readonly read: readonly string[];
  readonly wanted: ReadonlyMap<string, readonly Expression[]>;
}

/**
 * Checks a program; operators then run one at a time, on every batch. Throws NOT_FOUND for a tensor that the model does not have,
 * UNSUPPORTED_OPERATOR where a gradient's path is blocked, UNSUPPORTED_BY_EXECUTOR.
 */
export function compileProgram(ground: Ground, program: Program): CompiledProgram {
  const ids = new ExpressionIds();
  const found = examine(ground, program, ids);
  return new TfjsProgram(ground, program, ids, found);
}

function examine(ground: Ground, program: Program, ids: ExpressionIds): Found {
  const { view, graph } = ground;
  const overrides = program.overrides ?? {};
  const specs = new Map(graph.tensors.map((spec) => [spec.name, spec]));
  const check = (name: string): void => {
    if (!specs.has(name)) throw notFound('tensor', name, [...specs.keys()]);
  };
  const wanted = new Map<string, Expression[]>();
  const assertCut = (name: string): void => {
    check(name);
    if (/^(Split|SplitV|Unpack|TopKV2|Unique)$/.test(view.byName.get(nodeOf(name))?.op ?? ''))
      throw unsupportedByExecutor(
        `“${name}” is one of several outputs of a node: TensorFlow.js cannot replace it alone.`,
      );
  };
  for (const name of Object.keys(overrides)) assertCut(name);
  const scopes = [
    ['', Object.values(program.outputs)] as const,
    ...Object.entries(overrides).map(([name, expression]) => [name, [expression]] as const),
  ];
  for (const [scope, roots] of scopes)
    for (const expression of everythingIn(roots)) {
      if (expression.kind === 'tensor') check(expression.name);
      if (expression.kind !== 'gradient') continue;
      const key = sweepKey(expression, ids, scope);
      wanted.set(key, [...(wanted.get(key) ?? []), expression.wrt]);
      if (expression.wrt.kind !== 'tensor') continue;
      assertCut(expression.wrt.name);
      if (expression.by === 'MULTIPLIERS') {
        if (ground.rowsPerRun !== undefined) throw noMultipliers(ground.rowsPerRun);
        checkMultipliers(ground, expression.of, expression.wrt.name);
      }
      for (const target of targetsOf(view, expression.of, overrides)) checkPath(ground, target, expression.wrt.name);
    }
  const all = everythingIn(scopes.flatMap(([, roots]) => roots));
  const direct = everythingIn(Object.values(program.outputs), false);
  return {
    wanted,
    leaves: all.flatMap((expression) =>
      expression.kind === 'constant' || expression.kind === 'row' || expression.kind === 'parameter'
        ? [expression]
        : [],
    ),
    read: direct.flatMap((expression) => (expression.kind === 'tensor' ? [expression.name] : [])),
  };
}

/** Every tensor of the model that an expression is computed from, overrides in between included. */
function targetsOf(view: GraphView, of: Expression, overrides: NonNullable<Program['overrides']>): ReadonlySet<string> {
  const targets = new Set<string>();
  const add = (root: Expression): void => {
    for (const expression of everythingIn([root])) if (expression.kind === 'tensor') targets.add(expression.name);
  };
  add(of);
  const used = new Set<string>();
  for (const target of targets) {
    const before = ancestorsOf(view, target);
    for (const [name, expression] of Object.entries(overrides)) {
      if (used.has(name) || !before.has(nodeOf(name))) continue;
      used.add(name);
      add(expression);
    }
  }
  return targets;
}

/** Gradients of gradients pass kernels that no node of the model has: what is missing shows only when they are computed. */
function failure({ message }: Error): GlassgraphError {
  const kernel = /gradient function not found for (\w+)|Kernel '(\w+)' not registered/.exec(message);
  if (kernel === null) return analysisFailed(`The model failed on a batch of rows: ${message.slice(0, 300)}`);
  const [, differentiated, run] = kernel;
  const lack = differentiated === undefined ? `no kernel ${run}` : `no gradient of ${differentiated}`;
  return unsupportedByExecutor(
    `TensorFlow.js has ${lack}, which this analysis of the model needs. Ask for a method without second derivatives, or export the model as ONNX.`,
    { kernel: differentiated ?? run },
  );
}

class TfjsProgram implements CompiledProgram {
  readonly concurrency = 1;
  readonly #ground: Ground;
  readonly #program: Program;
  readonly #ids: ExpressionIds;
  readonly #found: Found;

  constructor(ground: Ground, program: Program, ids: ExpressionIds, found: Found) {
    this.#ground = ground;
    this.#program = program;
    this.#ids = ids;
    this.#found = found;
  }

  async run(
    batch: BatchInput,
    parameters: Readonly<Record<string, Tensor>>,
  ): Promise<Readonly<Record<string, Tensor>>> {
    // All arithmetic happens before the first await, so that runs do not disturb each other.
    const results = this.#evaluate(batch, parameters);
    try {
      const entries = Object.entries(results).map(async ([key, value]) => [key, await fromRuntime(value)] as const);
      return Object.fromEntries(await Promise.all(entries));
    } finally {
      this.#ground.tf.dispose(results);
    }
  }

  async close(): Promise<void> {}

  #evaluate(batch: BatchInput, parameters: Readonly<Record<string, Tensor>>): Record<string, RuntimeTensor> {
    const { tf } = this.#ground;
    try {
      return tf.tidy(() => {
        const forward = new Forward(this.#runOf(batch, parameters));
        forward.prefetch(this.#found.read);
        const outputs = Object.entries(this.#program.outputs);
        return Object.fromEntries(outputs.map(([key, expression]) => [key, tf.clone(forward.value(expression))]));
      });
    } catch (error) {
      throw error instanceof GlassgraphError ? error : failure(error as Error);
    }
  }

  /** The values that come from outside, made before any tape starts, and disposed of after the last. */
  #runOf({ inputs, rowValues }: BatchInput, parameters: Readonly<Record<string, Tensor>>): Run {
    const { tf, executable, view, graph, rowsPerRun } = this.#ground;
    const ids = this.#ids;
    const given = (leaf: Leaf): RuntimeTensor => {
      if (leaf.kind === 'constant') return toRuntime(tf, 'a constant', leaf.value);
      return toRuntime(tf, leaf.name, leaf.kind === 'row' ? rowValues[leaf.name] : parameters[leaf.name]);
    };
    const made = new Map(view.inputs.map((name) => [name, toRuntime(tf, name, inputs[name])]));
    const leaves = new Map(this.#found.leaves.map((leaf) => [ids.of(leaf), given(leaf)]));
    return {
      tf,
      executable: rowsPerRun === undefined ? executable : new InRuns(this.#ground, graph, rowsPerRun),
      view,
      ids,
      program: this.#program,
      wanted: this.#found.wanted,
      input: (name) => made.get(name) as RuntimeTensor,
      leaf: (expression) => leaves.get(ids.of(expression)) as RuntimeTensor,
    };
  }
}
