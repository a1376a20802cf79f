import type { Outputs, Values } from '../analysis/analysis.ts';
import type { Expression, Program } from '../compute/program.ts';

/** One program for many analyses: their outputs and parameters side by side, each under its own prefix. */
export interface Fused {
  readonly program: Program;
  /** Which of the given programs it serves. */
  readonly members: readonly number[];
}

/**
 * Programs without overrides share one; a program with overrides or inputs of its own changes the model for everybody and goes alone. (Equal
 * expressions inside a program are computed once by whoever compiles it.)
 */
export function fuse(programs: readonly Program[]): Fused[] {
  const plain: number[] = [];
  const alone: Fused[] = [];
  programs.forEach((program, member) => {
    if (isPlain(program)) plain.push(member);
    else alone.push({ program: { ...program, ...prefixed([[member, program]]) }, members: [member] });
  });
  if (plain.length === 0) return alone;
  return [
    { program: prefixed(plain.map((member) => [member, programs[member] as Program])), members: plain },
    ...alone,
  ];
}

const isPlain = ({ overrides, rowsAtOnce, takesOwnInputs }: Program): boolean =>
  overrides === undefined && rowsAtOnce === undefined && takesOwnInputs === undefined;

function prefixed(members: readonly (readonly [number, Program])[]): Pick<Program, 'outputs' | 'overrides'> {
  const outputs: Record<string, Expression> = {};
  const overrides: Record<string, Expression> = {};
  for (const [member, program] of members) {
    const own = new OwnParameters(member);
    for (const [name, expression] of Object.entries(program.outputs)) outputs[`${member}/${name}`] = own.in(expression);
    for (const [name, expression] of Object.entries(program.overrides ?? {})) overrides[name] = own.in(expression);
  }
  return Object.keys(overrides).length === 0 ? { outputs } : { outputs, overrides };
}

/** Expressions with the parameters of one member under its prefix. */
class OwnParameters {
  readonly #member: number;
  readonly #known = new Map<Expression, Expression>();

  constructor(member: number) {
    this.#member = member;
  }

  in(expression: Expression): Expression {
    const known = this.#known.get(expression);
    if (known !== undefined) return known;
    const own = this.#prefixed(expression);
    this.#known.set(expression, own);
    return own;
  }

  #prefixed(expression: Expression): Expression {
    switch (expression.kind) {
      case 'parameter':
        return { ...expression, name: `${this.#member}/${expression.name}` };
      case 'gradient':
        return { ...expression, of: this.in(expression.of), wrt: this.in(expression.wrt) };
      case 'apply':
        return { ...expression, inputs: expression.inputs.map((input) => this.in(input)) };
      default:
        return expression;
    }
  }
}

/** The outputs of one member, under the names that it gave them. */
export function outputsOf(member: number, outputs: Outputs): Outputs {
  const prefix = `${member}/`;
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

/** The parameters of one member, under the names that they have in the program. */
export const parametersFor = (member: number, parameters: Values): Values =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`${member}/${name}`, value]));
