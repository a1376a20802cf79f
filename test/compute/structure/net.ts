import { join } from 'node:path';
import type { ModelGraph } from '../../../src/compute/graph.ts';
import { onnxExecutor } from '../../../src/compute/onnx/executor.ts';
import { float32, int64, type Tensor } from '../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { type GraphConstant, writeGraphModel } from '../../support/graph-model.ts';
import { type ModelText, modelOf, temporaryFolder, written } from '../onnx/models.ts';

/** Operators that ONNX and TensorFlow have both, and those that they spell in their own ways. */
const pointwise = {
  Add: 'AddV2',
  Sub: 'Sub',
  Mul: 'Mul',
  Div: 'RealDiv',
  Neg: 'Neg',
  Relu: 'Relu',
  Sigmoid: 'Sigmoid',
  Tanh: 'Tanh',
  Elu: 'Elu',
  Selu: 'Selu',
  Softplus: 'Softplus',
  Softmax: 'Softmax',
  Erf: 'Erf',
  Exp: 'Exp',
  Log: 'Log',
  Pow: 'Pow',
  Sqrt: 'Sqrt',
  Abs: 'Abs',
  MatMul: 'MatMul',
} as const;
const reductions = { ReduceMean: 'Mean', ReduceSum: 'Sum', ReduceMax: 'Max' } as const;

type OnnxNode = ModelText['nodes'][number];
interface TensorflowNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: object;
}

/** A network over x [n, …] that is written node by node in both formats, with the same names of tensors. */
export class Net {
  readonly #shape: readonly number[];
  readonly #onnx: OnnxNode[] = [];
  readonly #tensorflow: TensorflowNode[] = [];
  readonly #weights: Record<string, Tensor> = {};
  readonly #constants: GraphConstant[] = [];
  readonly #next: () => number;

  /** `next`: numbers for weights. */
  constructor(shape: readonly number[], next: () => number) {
    this.#shape = shape;
    this.#next = next;
  }

  weight(...dims: number[]): string {
    const values = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 0.5 + this.#next() / 4);
    return this.#constant('w', float32(dims, values), ['float32', dims, values]);
  }

  number(value: number): string {
    return this.#constant('c', float32([], [value]), ['float32', [], [value]]);
  }

  /** What both formats call by their own names. Returns the output. */
  apply(operator: keyof typeof pointwise, ...inputs: string[]): string {
    return this.#node([operator, pointwise[operator]], inputs, inputs);
  }

  reduce(operator: keyof typeof reductions, input: string, axis: number, keepdims = false): string {
    const axes = this.#axes([axis]);
    const attr = { keep_dims: { b: keepdims } };
    return this.#node(
      [operator, reductions[operator]],
      [input, axes],
      [input, axes],
      { keepdims: keepdims ? 1 : 0 },
      attr,
    );
  }

  /** −1 for the rows. */
  reshape(input: string, ...shape: number[]): string {
    const inputs = [input, this.#axes(shape)];
    return this.#node(['Reshape', 'Reshape'], inputs, inputs);
  }

  transpose(input: string, ...perm: number[]): string {
    return this.#node(['Transpose', 'Transpose'], [input], [input, this.#axes(perm)], { perm });
  }

  concat(axis: number, ...inputs: string[]): string {
    const attr = { N: { i: inputs.length } };
    return this.#node(['Concat', 'ConcatV2'], inputs, [...inputs, this.#scalar(axis)], { axis }, attr);
  }

  /** Side by side on a new axis, for which ONNX needs two operators. */
  stack(axis: number, ...inputs: string[]): string {
    const axes = this.#axes([axis]);
    const parts = inputs.map((input) => `${input}_apart`);
    for (const [at, part] of parts.entries()) this.#onnx.push(['Unsqueeze', `${inputs[at]} ${axes}`, part]);
    const attr = { N: { i: inputs.length }, axis: { i: axis } };
    return this.#node(['Concat', 'Pack'], parts, inputs, { axis }, attr);
  }

  /** Of a tensor [rows, columns]. */
  columns(input: string, ...places: number[]): string {
    const chosen = this.#axes(places);
    return this.#node(['Gather', 'GatherV2'], [input, chosen], [input, chosen, this.#scalar(1)], { axis: 1 });
  }

  einsum(equation: string, ...inputs: string[]): string {
    const attr = { equation: { s: Buffer.from(equation).toString('base64') } };
    return this.#node(['Einsum', 'Einsum'], inputs, inputs, { equation }, attr);
  }

  /** What each executor sees in the net up to this output. */
  async graphs(output: string): Promise<{ onnx: ModelGraph; tensorflow: ModelGraph }> {
    const folder = await temporaryFolder();
    const inputs: ModelText['inputs'] = { x: ['float32', [null, ...this.#shape]] };
    const root = await written(modelOf({ inputs, weights: this.#weights, nodes: this.#onnx, outputs: output }));
    const dims = [-1, ...this.#shape].map((size) => ({ size }));
    const x = { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: dims } } } };
    const path = join(folder, 'model');
    await writeGraphModel(path, this.#constants, [x, ...this.#tensorflow], [output]);
    const home = join(folder, 'home');
    const onnx = await onnxExecutor.register({ path: root, root: join(root, '..') }, home);
    const tensorflow = await tfjsExecutor.register({ path, root: path }, home);
    return { onnx: onnx.graph, tensorflow: tensorflow.graph };
  }

  #node(
    [onnx, tensorflow]: readonly [string, string],
    onnxInputs: readonly string[],
    tensorflowInputs: readonly string[],
    attributes: OnnxNode[3] = {},
    attr: object = {},
  ): string {
    const name = `t${this.#tensorflow.length}`;
    this.#onnx.push([onnx, onnxInputs.join(' '), name, attributes]);
    this.#tensorflow.push({ name, op: tensorflow, input: tensorflowInputs, attr });
    return name;
  }

  #axes(values: readonly number[]): string {
    return this.#constant('i', int64([values.length], values), ['int32', [values.length], values]);
  }

  #scalar(value: number): string {
    return this.#constant('i', int64([], [value]), ['int32', [], [value]]);
  }

  #constant(
    kind: string,
    tensor: Tensor,
    [dtype, dims, values]: [GraphConstant[1], readonly number[], readonly number[]],
  ): string {
    const name = `${kind}${this.#constants.length}`;
    this.#weights[name] = tensor;
    this.#constants.push([name, dtype, dims, values]);
    return name;
  }
}
