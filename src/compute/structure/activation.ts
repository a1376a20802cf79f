import type { Step } from './steps.ts';

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

/** What TensorFlow and Keras call operators that ONNX has another name for. */
const synonyms: Readonly<Record<string, string>> = {
  FusedBatchNorm: 'BatchNormalization',
  FusedBatchNormV2: 'BatchNormalization',
  FusedBatchNormV3: 'BatchNormalization',
  Multiply: 'Mul',
  Subtract: 'Sub',
  ReLU: 'Relu',
  ClipByValue: 'Clip',
};

/** Operators whose own name is not the activation's. */
const names: Readonly<Record<string, string>> = { Swish: 'silu' };

/** ONNX's name of a step's operator. */
export const operatorOf = ({ operator }: Step): string => synonyms[operator] ?? operator;

/** The activation that the steps of a layer make up, e.g. relu; null where they are linear. `nonlinear` are those that are not. */
export function activationOf(steps: readonly Step[], nonlinear: readonly Step[]): string | null {
  const last = nonlinear.at(-1);
  if (last === undefined) return null;
  const operators = steps.map(operatorOf);
  const composite = composites.find(([, parts]) =>
    parts.every((part) => countOf(operators, part) >= countOf(parts, part)),
  );
  const name = operatorOf(last);
  return composite?.[0] ?? names[name] ?? name.toLowerCase();
}

const countOf = (operators: readonly string[], operator: string): number =>
  operators.filter((other) => other === operator).length;
