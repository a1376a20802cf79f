import type { Outputs } from '../analysis/analysis.ts';
import type { Program } from '../compute/program.ts';

/** One program for many analyses: their outputs side by side, each under its own prefix. */
export interface Fused {
  readonly program: Program;
  /** Which of the given programs it serves. */
  readonly members: readonly number[];
}

/**
 * Programs without overrides share one; a program with overrides changes the model for everybody and goes alone. (Equal
 * expressions inside a program are computed once by whoever compiles it.)
 */
export function fuse(programs: readonly Program[]): Fused[] {
  const plain: number[] = [];
  const alone: Fused[] = [];
  programs.forEach((program, member) => {
    if (program.overrides === undefined && program.rowsAtOnce === undefined) plain.push(member);
    else
      alone.push({ program: { ...program, ...prefixed([[member, program]], program.overrides) }, members: [member] });
  });
  if (plain.length === 0) return alone;
  return [
    { program: prefixed(plain.map((member) => [member, programs[member] as Program])), members: plain },
    ...alone,
  ];
}

function prefixed(members: readonly (readonly [number, Program])[], overrides?: Program['overrides']): Program {
  const outputs = Object.fromEntries(
    members.flatMap(([member, program]) =>
      Object.entries(program.outputs).map(([name, expression]) => [`${member}/${name}`, expression]),
    ),
  );
  return overrides === undefined ? { outputs } : { outputs, overrides };
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
