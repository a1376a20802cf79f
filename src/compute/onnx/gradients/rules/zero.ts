import type { Rules } from '../rule.ts';

/** Operators whose outputs change by steps or not at all: their derivative is zero wherever there is one. */
const operators = [
  'Shape Size ConstantOfShape EyeLike RandomNormalLike RandomUniformLike Bernoulli Multinomial',
  'Equal Greater GreaterOrEqual Less LessOrEqual Not And Or Xor IsNaN IsInf NonZero',
  'BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor',
  'Floor Ceil Round Sign ArgMax ArgMin Hardmax NonMaxSuppression',
].flatMap((names) => names.split(' '));

export const zero: Rules = Object.fromEntries(operators.map((name) => [name, null]));
