import type { Tensor } from '@tensorflow/tfjs';
import type { ExpressionIds } from '../expression-ids.ts';
import type { Expression, Program } from '../program.ts';
import { withMultipliers } from './gradients/multipliers.ts';
import { ancestorsOf } from './graph-view.ts';
import { nodeOf } from './model-json.ts';
import type { Executable, Opened } from './opened.ts';
import { operators } from './operators.ts';

/** What one run of a program works with. */
export interface Run extends Omit<Opened, 'executable'> {
  readonly executable: Pick<Executable, 'execute'>;
  readonly program: Program;
  readonly ids: ExpressionIds;
  /** Everything with respect to which somebody differentiates an expression, by `sweepKey`. */
  readonly wanted: ReadonlyMap<string, readonly Expression[]>;
  /** Values of the model's inputs, row values, parameters and constants. */
  input(name: string): Tensor;
  leaf(expression: Expression): Tensor;
}

/**
 * Within an override's own expression the overridden tensor is the original; the scope is its name, and empty everywhere else.
 */
type Scope = string;
const scopedKey = (id: number, scope: Scope): string => `${id} ${scope}`;

type Gradient = Expression & { readonly kind: 'gradient' };
/** Of everything that one tape finds. */
export const sweepKey = ({ of, by }: Gradient, ids: ExpressionIds, scope: Scope): string =>
  `${by} ${scopedKey(ids.of(of), scope)}`;

/** Something by which a program differentiates: `tensor x`, `original x` (before its override) or `parameter x`. */
type Place = string;

/**
 * One evaluation of a program, in which some places have *differences* added to them: zeros by which a tape differentiates. A tensor
 * that is overridden or has a difference is a *cut*: it is computed from the cuts before it, changed, and fed to what reads it. A
 * plain feed would cut the path of gradients that have to go through it; a difference does not.
 */
export class Forward {
  readonly #run: Run;
  readonly #differences: ReadonlyMap<Place, readonly Tensor[]>;
  readonly #cuts: readonly string[];
  readonly #current = new Map<string, Tensor>();
  readonly #fetched = new Map<string, Tensor>();
  readonly #values = new Map<string, Tensor>();
  readonly #sweeps = new Map<string, ReadonlyMap<Place, Tensor>>();

  constructor(run: Run, differences: ReadonlyMap<Place, readonly Tensor[]> = new Map()) {
    this.#run = run;
    this.#differences = differences;
    const moved = [...differences.keys()].filter((place) => place.startsWith('tensor ')).map((place) => place.slice(7));
    this.#cuts = [...new Set([...Object.keys(run.program.overrides ?? {}), ...moved])];
  }

  /** Computes tensors of the model that are no cuts in one go, which is faster than one by one. */
  prefetch(names: readonly string[]): void {
    const inner = names.filter((name) => !this.#cuts.includes(name) && !this.#run.view.inputs.includes(name));
    if (inner.length > 0) this.#execute([...new Set(inner)]);
  }

  value(expression: Expression, scope: Scope = ''): Tensor {
    const key = scopedKey(this.#run.ids.of(expression), scope);
    return taken(this.#values, key, () => this.#compute(expression, scope));
  }

  #compute(expression: Expression, scope: Scope): Tensor {
    switch (expression.kind) {
      case 'tensor':
        return expression.name === scope ? this.#original(scope) : this.#now(expression.name);
      case 'apply': {
        const inputs = expression.inputs.map((input) => this.value(input, scope));
        return operators[expression.operator](this.#run.tf, inputs, expression.attributes);
      }
      case 'gradient':
        return this.#gradient(expression, scope);
      case 'parameter':
        return this.#moved(placeOf(expression, scope), this.#run.leaf(expression));
      default:
        return this.#run.leaf(expression);
    }
  }

  /** What readers of a tensor of the model read. */
  #now(name: string): Tensor {
    return taken(this.#current, name, () => {
      const override = this.#run.program.overrides?.[name];
      if (override === undefined) return this.#moved(`tensor ${name}`, this.#fetch(name));
      const value = this.value(override, name);
      return this.#moved(`tensor ${name}`, this.#run.tf.cast(value, this.#fetch(name).dtype));
    });
  }

  #original(name: string): Tensor {
    return taken(this.#current, `original ${name}`, () => this.#moved(`original ${name}`, this.#fetch(name)));
  }

  #moved(place: Place, value: Tensor): Tensor {
    return (this.#differences.get(place) ?? []).reduce((sum, difference) => this.#run.tf.add(sum, difference), value);
  }

  /** As the model computes it from the cuts before it. */
  #fetch(name: string): Tensor {
    if (this.#run.view.inputs.includes(name)) return this.#run.input(name);
    const fetched = this.#fetched.get(name);
    if (fetched !== undefined) return fetched;
    this.#execute([name]);
    return this.#fetched.get(name) as Tensor;
  }

  #execute(names: string[]): void {
    const { executable, view } = this.#run;
    const before = new Set(names.flatMap((name) => [...ancestorsOf(view, name)]));
    const inputs = view.inputs.filter((input) => before.has(input));
    const cuts = this.#cuts.filter((cut) => before.has(nodeOf(cut)) && !names.includes(cut));
    const feeds = Object.fromEntries([...new Set([...inputs, ...cuts])].map((name) => [name, this.#now(name)]));
    const values = executable.execute(feeds, names) as Tensor | Tensor[];
    for (const [at, value] of (Array.isArray(values) ? values : [values]).entries())
      this.#fetched.set(names[at] as string, value);
  }

  /** All gradients of one thing come from one tape. */
  #gradient(gradient: Gradient, scope: Scope): Tensor {
    const { tf, ids, wanted } = this.#run;
    const { of, wrt, by } = gradient;
    const key = sweepKey(gradient, ids, scope);
    const sweep = taken(this.#sweeps, key, () => {
      const own = new Map((wanted.get(key) ?? []).map((expression) => [placeOf(expression, scope), expression]));
      const zeros = new Map(
        [...own].map(([place, expression]) => [place, tf.zerosLike(this.value(expression, scope))]),
      );
      const differences = new Map(this.#differences);
      for (const [place, zero] of zeros) differences.set(place, [...(differences.get(place) ?? []), zero]);
      const target = () => new Forward(this.#run, differences).value(of, scope);
      const differentiate = () => tf.engine().gradients(target, [...zeros.values()], undefined, true);
      const { grads } = by === 'MULTIPLIERS' ? withMultipliers(differentiate) : differentiate();
      // What the target does not depend on has none.
      return new Map([...zeros].map(([place, zero], at) => [place, (grads[at] as Tensor | undefined) ?? zero]));
    });
    return sweep.get(placeOf(wrt, scope)) as Tensor;
  }
}

function placeOf(expression: Expression, scope: Scope): Place {
  if (expression.kind === 'parameter') return `parameter ${expression.name}`;
  if (expression.kind !== 'tensor')
    throw new Error('gradients are with respect to tensors of the model and parameters');
  return `${expression.name === scope ? 'original' : 'tensor'} ${expression.name}`;
}

function taken<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
