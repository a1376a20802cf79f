import { elementCount } from '../../tensor.ts';
import { attributeNamed, readFloat } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { fromTensorProto } from '../tensors.ts';
import { ancestorsOf } from './path.ts';

/** What is known of a tensor's numbers before a run, when the model's inputs are finite. */
export interface Range {
  /** Some may be infinite or NaN: by a quotient, a logarithm and their like, or by such a constant. Large sums are not thought of. */
  readonly isWild: boolean;
  readonly sign: Sign;
}

/** All are above zero, none is below, or nothing is known; NaN aside. */
export const Sign = { POSITIVE: 2, NOT_NEGATIVE: 1, ANY: 0 } as const;
type Sign = (typeof Sign)[keyof typeof Sign];

/** Ranges of the tensors of one graph, each found once; the graph may grow meanwhile. */
export class Ranges {
  readonly #graph: GraphBuilder;
  readonly #known = new Map<string, Range>();
  readonly #examined: ReadonlySet<string>;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
    this.#examined = examined(graph);
  }

  of(name: string): Range {
    for (const node of ancestorsOf(this.#graph, [name], this.#known))
      for (const output of node.output) this.#known.set(output, this.#ofOutput(node, output));
    return this.#leaf(name);
  }

  #ofOutput(node: NodeProto, output: string): Range {
    if (node.input.length === 0) return this.#leaf(output);
    const dtype = this.#graph.specOf(output)?.dtype ?? 'float32';
    if (!dtype.includes('float')) return { isWild: false, sign: Sign.ANY };
    const read = dataOf(node).map((name) => this.#leaf(name));
    const isNew = createsWild(node.opType, read, this.constantOf(node.input[1] ?? ''));
    return { isWild: isNew || read.some(({ isWild }) => isWild), sign: this.#signOf(node, read) };
  }

  #leaf(name: string): Range {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const range = this.#ofValues(name) ?? { isWild: this.#examined.has(name), sign: Sign.ANY };
    this.#known.set(name, range);
    return range;
  }

  #ofValues(name: string): Range | undefined {
    const node = this.#graph.producerOf(name);
    const filler = node?.opType === 'ConstantOfShape' ? attributeNamed(node, 'value')?.t : undefined;
    const dims = this.#graph.specOf(name)?.shape ?? [];
    // A weight of millions of numbers is taken to be finite.
    if (elementCount(dims.map((size) => size ?? 1)) > 2 ** 20) return undefined;
    const tensor = filler === undefined ? this.#graph.valueOf(name) : fromTensorProto(filler);
    if (tensor === undefined) return undefined;
    let [isWild, lowest] = [false, Number.POSITIVE_INFINITY];
    for (const each of tensor.data) {
      const value = Number(each);
      isWild ||= !Number.isFinite(value);
      lowest = Math.min(lowest, value);
    }
    return { isWild, sign: signOfNumber(lowest) };
  }

  /** The one number of a constant. */
  constantOf(name: string): number | undefined {
    const dims = this.#graph.specOf(name)?.shape;
    if (dims === undefined || elementCount(dims.map((size) => size ?? 2)) !== 1) return undefined;
    const [value] = this.#graph.valueOf(name)?.data ?? [];
    return value === undefined ? undefined : Number(value);
  }

  #signOf(node: NodeProto, read: readonly Range[]): Sign {
    const signs = read.map(({ sign }) => sign);
    const [first = Sign.ANY] = signs;
    const [lowest, highest] = [Math.min(...signs) as Sign, Math.max(...signs) as Sign];
    const { opType, input } = node;
    if (notNegative.has(opType)) return Sign.NOT_NEGATIVE;
    if (keeping.has(opType)) return first;
    switch (opType) {
      case 'Add':
      case 'Sum':
        return lowest === Sign.ANY ? Sign.ANY : highest;
      case 'Mul':
        return input[0] === input[1] || lowest > Sign.ANY ? Sign.NOT_NEGATIVE : Sign.ANY;
      case 'Div':
      case 'ReduceSum':
      case 'ReduceMean':
        return lowest > Sign.ANY ? Sign.NOT_NEGATIVE : Sign.ANY;
      case 'Pow':
        return first > Sign.ANY || (this.constantOf(input[1] ?? '') ?? 1) % 2 === 0 ? Sign.NOT_NEGATIVE : Sign.ANY;
      case 'Sqrt':
        return first === Sign.POSITIVE ? Sign.POSITIVE : Sign.NOT_NEGATIVE;
      case 'Max':
        return highest;
      case 'Min':
      case 'Where':
      case 'Concat':
        return lowest;
      case 'Clip':
        return this.#signOfClip(node, first);
      default:
        return Sign.ANY;
    }
  }

  #signOfClip(node: NodeProto, sign: Sign): Sign {
    const [low, high] = ['min', 'max'].map((name, index) => {
      const attribute = readFloat(node, name);
      if (attribute !== undefined) return signOfNumber(attribute);
      const input = node.input[index + 1] ?? '';
      return input === '' ? undefined : this.#leaf(input).sign;
    });
    return Math.min(Math.max(sign, low ?? Sign.ANY), high ?? Sign.POSITIVE) as Sign;
  }
}

/** Tensors that are asked whether they are NaN or infinite, and those that they are parts of: an input among them is fed such numbers. */
function examined(graph: GraphBuilder): ReadonlySet<string> {
  const asked = graph.nodes.filter(({ opType }) => opType === 'IsNaN' || opType === 'IsInf');
  const names = new Set(asked.flatMap(({ input }) => input));
  // A set is walked to its end while it grows.
  for (const name of names) {
    const node = graph.producerOf(name);
    if (node !== undefined && (keeping.has(node.opType) || node.opType === 'Concat' || node.opType === 'Split'))
      for (const part of dataOf(node)) names.add(part);
  }
  return names;
}

const signOfNumber = (value: number): Sign => (value > 0 ? Sign.POSITIVE : value === 0 ? Sign.NOT_NEGATIVE : Sign.ANY);

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const notNegative = words('Abs Relu Exp Softplus Sigmoid HardSigmoid Softmax ReduceL1 ReduceL2 ReduceSumSquare');
const keeping = words(
  'Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze Transpose Expand Tile Slice Gather GatherElements ReduceMax ReduceMin',
);

/** Of finite numbers, whatever they are; exponentials are large soon. */
const creating = words('Exp Sinh Cosh Asin Acos Acosh Atanh');

function createsWild(operator: string, read: readonly Range[], second: number | undefined): boolean {
  const [first = Sign.ANY, other = Sign.ANY] = read.map(({ sign }) => sign);
  switch (operator) {
    case 'Div':
    case 'Mod':
      return other < Sign.POSITIVE;
    case 'Log':
    case 'Reciprocal':
    case 'ReduceLogSum':
      return first < Sign.POSITIVE;
    case 'Sqrt':
      return first < Sign.NOT_NEGATIVE;
    case 'Pow':
      if (second === undefined || second < 0) return first < Sign.POSITIVE;
      return !Number.isInteger(second) && first < Sign.NOT_NEGATIVE;
    default:
      return creating.has(operator);
  }
}

/** The inputs whose numbers come to the output: no conditions, places or sizes. */
function dataOf({ opType, input }: NodeProto): readonly string[] {
  const names = opType === 'Where' ? input.slice(1) : takesFirst.has(opType) ? input.slice(0, 1) : input;
  return names.filter((name) => name !== '');
}

const takesFirst = words(
  'Reshape Squeeze Unsqueeze Expand Tile Slice Gather GatherElements GatherND Compress TopK Split CumSum Trilu ReverseSequence ' +
    'ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp CastLike',
);
