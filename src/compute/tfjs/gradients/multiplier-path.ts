import { type GlassgraphError, unsupportedOperator } from '../../../errors.ts';
import type { ModelGraph } from '../../graph.ts';
import type { Expression } from '../../program.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import { names } from '../names.ts';
import type { Opened } from '../opened.ts';
import { elementwise } from './multipliers.ts';

/*
 * Where multipliers of the rescale rule are defined, by operators of TensorFlow, classes of Keras and operators of programs. Everything
 * that depends on a feature counts, steps and comparisons too: their derivative is zero, their difference is not.
 */

/** Linear in their first operand. */
const linear = names(
  `Identity Snapshot Cast Neg Reshape Squeeze ExpandDims Transpose Tile BroadcastTo Split SplitV Unpack Pad PadV2 Slice StridedSlice
  GatherV2 Sum Mean Conv2D DepthwiseConv2dNative AvgPool Div RealDiv DivNoNan
  Dense Linear Flatten Permute RepeatVector Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout ZeroPadding2D
  UpSampling2D Cropping2D Rescaling Normalization Conv1D Conv3D Conv2DTranspose Conv3DTranspose DepthwiseConv2D SeparableConv2D
  BatchNormalization GlobalAveragePooling1D GlobalAveragePooling2D AveragePooling1D AveragePooling2D AveragePooling3D
  neg cast reshape expand transpose slice gather reduceSum reduceMean div`,
);
const normalizations = names('FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3');
/** Linear in all operands together. */
const sums = names('Add AddV2 AddN Sub Subtract BiasAdd Average ConcatV2 Concatenate Pack add sub concat');
/** Linear in one operand where the others do not depend on features. */
const products = names('Mul Multiply MatMul BatchMatMul BatchMatMulV2 Dot mul matmul');
/** Functions of single elements of the first operand. */
const ofElements = new Set([
  ...elementwise,
  ...names('ReLU LeakyReLU PReLU ELU HardSigmoid relu sigmoid tanh softplus log exp sqrt abs'),
]);
/** They read no values. */
const ofShapes = names('Shape ShapeN Size Rank');
/** If they leave the other axes as they are, they changed the first, which is that of the rows. */
const resizing = names(
  'ConcatV2 Concatenate Split SplitV Slice StridedSlice Pad PadV2 Tile BroadcastTo Pack ZeroPadding2D',
);

/** Throws UNSUPPORTED_OPERATOR where something between `wrt` and `of` has no multiplier: it is never the derivative instead. */
export function checkMultipliers(model: Opened & { readonly graph: ModelGraph }, of: Expression, wrt: string): void {
  const { view, graph } = model;
  const shapes = new Map(graph.tensors.map(({ name, shape }) => [name, shape]));
  const before = new Set<string>();
  const reached = new Set([nodeOf(wrt)]);
  const add = (expression: Expression): void => {
    if (expression.kind === 'tensor') before.add(nodeOf(expression.name));
    if (expression.kind === 'apply') for (const input of expression.inputs) add(input);
  };
  add(of);
  for (const name of before) for (const input of readBy(view.byName.get(name))) before.add(nodeOf(input));
  for (const node of view.nodes) {
    const inputs = readBy(node);
    const places = placesOf(inputs, (name) => reached.has(nodeOf(name)));
    if (!before.has(node.name) || places.length === 0) continue;
    reached.add(node.name);
    if (node.name === nodeOf(wrt)) continue;
    const reason =
      hindrance(node, places) ?? mixed(node.op, shapes.get(node.name), shapes.get(inputs[places[0] ?? 0] ?? ''));
    if (reason !== undefined) throw inTheWay(node.op, node.name, reason);
  }
  checkExpression(of, reached);
}

const readBy = (node: NodeDef | undefined): readonly string[] =>
  node === undefined || ofShapes.has(node.op) ? [] : inputsOf(node);

const placesOf = <Input>(inputs: readonly Input[], depends: (input: Input) => boolean): number[] =>
  inputs.flatMap((input, place) => (depends(input) ? [place] : []));

/** Why an operator has no multiplier, if it has none; `places`: of the operands that depend on features. */
function hindrance({ op, attr }: Pick<NodeDef, 'op' | 'attr'>, places: readonly number[]): string | undefined {
  const isFirst = places.length === 1 && places[0] === 0;
  if (sums.has(op)) return undefined;
  if (linear.has(op) && isFirst) return undefined;
  if (normalizations.has(op) && isFirst && attr?.is_training?.b !== true) return undefined;
  if (ofElements.has(op)) return isFirst ? undefined : 'more than its first operand depends on features';
  if (products.has(op)) return places.length === 1 ? undefined : 'it multiplies what depends on features';
  if (/^Select(V2)?$|^where$/.test(op) && !places.includes(0)) return undefined;
  return 'it has no rule of DeepLIFT';
}

type Shape = readonly (number | null)[];

/** Whether rows are no longer on the first axis, each by itself. */
function mixed(op: string, after: Shape | undefined, before: Shape | undefined): string | undefined {
  const isMoved = after?.[0] !== null || after.slice(1).includes(null);
  const isResized = resizing.has(op) && String(after?.slice(1)) === String(before?.slice(1));
  return isMoved || isResized ? 'it moves rows away from the first axis' : undefined;
}

/** Whether the expression depends on nodes that are reached. */
function checkExpression(expression: Expression, reached: ReadonlySet<string>): boolean {
  if (expression.kind === 'tensor') return reached.has(nodeOf(expression.name));
  if (expression.kind !== 'apply') return false;
  const { operator: op, inputs } = expression;
  const places = placesOf(inputs, (input) => checkExpression(input, reached));
  const reason = places.length === 0 ? undefined : hindrance({ op }, places);
  if (reason !== undefined) throw inTheWay(op, 'the target', reason);
  return places.length > 0;
}

function inTheWay(operator: string, node: string, reason: string): GlassgraphError {
  return unsupportedOperator(
    `DeepLIFT stops at “${node}” (${operator}): ${reason}. Ask for INTEGRATED_GRADIENTS, or a method that needs no gradients.`,
    { operator, node, reason },
  );
}
