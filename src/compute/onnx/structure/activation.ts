/** Exporters write some activations out; their operators tell which. The first that fits wins. */
const composites: readonly (readonly [name: string, operators: readonly string[]])[] = [
  ['dice', ['BatchNormalization', 'Sigmoid', 'Sub', 'Mul']],
  ['prelu', ['Relu', 'Neg', 'Relu', 'Mul']],
  ['gelu', ['Erf', 'Mul']],
  ['gelu', ['Tanh', 'Pow', 'Mul']],
  ['mish', ['Softplus', 'Tanh', 'Mul']],
  ['hardswish', ['HardSigmoid', 'Mul']],
  ['silu', ['Sigmoid', 'Mul']],
  ['softplus', ['Exp', 'Log']],
];

/** Operators whose own name is not the activation's. */
const names: Readonly<Record<string, string>> = { Clip: 'clip', Swish: 'silu' };

/** The activation that these operators make up, e.g. relu; null where they are linear. `nonlinear` are those that are not. */
export function activationOf(operators: readonly string[], nonlinear: readonly string[]): string | null {
  const last = nonlinear.at(-1);
  if (last === undefined) return null;
  const composite = composites.find(([, parts]) =>
    parts.every((part) => countOf(operators, part) >= countOf(parts, part)),
  );
  return composite?.[0] ?? names[last] ?? last.toLowerCase();
}

const countOf = (operators: readonly string[], operator: string): number =>
  operators.filter((other) => other === operator).length;
