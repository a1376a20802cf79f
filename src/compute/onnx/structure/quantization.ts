import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';

/** Inputs that say what whole numbers stand for: scales and zero points. */
const steps: Readonly<Record<string, readonly number[]>> = {
  QuantizeLinear: [1, 2],
  DequantizeLinear: [1, 2],
  MatMulInteger: [2, 3],
  ConvInteger: [2, 3],
  QLinearMatMul: [1, 2, 4, 5, 6, 7],
  QLinearConv: [1, 2, 4, 5, 6, 7],
  // Of com.microsoft.
  QLinearAdd: [1, 2, 4, 5, 6, 7],
  QLinearMul: [1, 2, 4, 5, 6, 7],
  QGemm: [1, 2, 4, 5, 7, 8],
  MatMulIntegerToFloat: [2, 3, 4, 5],
  DynamicQuantizeMatMul: [2, 3],
  DynamicQuantizeLSTM: [8, 9, 10, 11],
  QAttention: [3, 4, 6, 7],
  QEmbedLayerNormalization: [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
  GatherBlockQuantized: [2, 3],
  MatMulNBits: [2, 3],
};

/** Inputs of 32 bits that are numbers of a quantised model, and no indices or sizes. */
const wholeNumbers: Readonly<Record<string, readonly number[]>> = {
  DequantizeLinear: [0],
  QLinearConv: [8],
  QGemm: [6],
};

/** Operators that hand values on as they are: of their first input, or of all. */
const moves = new Set([
  'Gather',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Identity',
  'Concat',
]);

/** Names of a node's scales and zero points. */
export function stepsOf(node: NodeProto, { producers }: GraphView): string[] {
  const own = (steps[node.opType] ?? []).flatMap((at) => node.input[at] ?? []);
  if (node.opType !== 'Mul') return own;
  // Of a batch that is quantised by itself, its scale times the weights' is that of their product.
  const isScale = (name: string): boolean => {
    const producer = producers.get(name);
    return producer?.opType === 'DynamicQuantizeLinear' && producer.output[1] === name;
  };
  return node.input.some(isScale) ? [...node.input] : own;
}

/** Whether whole numbers are quantised ones: something reads what they stand for, and not where or how many. */
export function isQuantized(name: string, { consumers }: GraphView): boolean {
  const seen = new Set<string>();
  const reaches = (tensor: string): boolean => {
    if (seen.has(tensor)) return false;
    seen.add(tensor);
    return (consumers.get(tensor) ?? []).some((node) => {
      if (wholeNumbers[node.opType]?.some((at) => node.input[at] === tensor)) return true;
      const handed = node.opType === 'Concat' ? node.input : node.input.slice(0, 1);
      return moves.has(node.opType) && handed.includes(tensor) && node.output.some(reaches);
    });
  };
  return reaches(name);
}
