import type { Step } from './steps.ts';

/** Stands for a Mul of two tensors of the rows: by a constant, it only scales. */
const gate = 'Gate';

/** Exporters write some activations out; their operators tell which. The first that fits wins. */
const composites: readonly (readonly [name: string, operators: readonly string[]])[] = [
  ['dice', ['BatchNormalization', 'Sigmoid', 'Sub', gate]],
  ['dice', ['Sigmoid', 'Sub', gate, gate]],
  ['prelu', ['Relu', 'Neg', 'Relu', 'Mul']],
  ['gelu', ['Erf', gate]],
  ['gelu', ['Tanh', 'Pow', gate]],
  ['mish', ['Softplus', 'Tanh', gate]],
  ['hardswish', ['HardSigmoid', gate]],
  ['hardswish', ['Relu6', gate]],
  ['silu', ['Sigmoid', gate]],
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

/**
 * The activation that the steps of a layer make up, e.g. relu; null where they are linear. `nonlinear` are those that are not,
 * `dependent` the tensors that depend on the rows.
 */
export function activationOf(
  steps: readonly Step[],
  nonlinear: readonly Step[],
  dependent: ReadonlySet<string>,
): string | null {
  const last = nonlinear.at(-1);
  if (last === undefined) return null;
  const isGate = (step: Step): boolean =>
    operatorOf(step) === 'Mul' && new Set(step.reads.filter((name) => dependent.has(name))).size > 1;
  const operators = steps.map((step) => (isGate(step) ? gate : operatorOf(step)));
  const composite = composites.find(([, parts]) =>
    parts.every((part) => countOf(operators, part) >= countOf(parts, part)),
  );
  const name = operatorOf(last);
  return composite?.[0] ?? names[name] ?? name.toLowerCase();
}

const countOf = (operators: readonly string[], operator: string): number =>
  operators.filter((other) => other === operator).length;
