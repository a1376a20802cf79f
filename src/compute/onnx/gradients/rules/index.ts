import type { NodeProto } from '../../proto/onnx_pb.js';
import type { Rule, Rules } from '../rule.ts';
import { activation } from './activation.ts';
import { attention } from './attention.ts';
import { control } from './control.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { linear } from './linear.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { recurrent } from './recurrent.ts';
import { reduction } from './reduction.ts';
import { selection } from './selection.ts';
import { shape } from './shape.ts';
import { zero } from './zero.ts';

/** Every rule, by family. */
export const families: Readonly<Record<string, Rules>> = {
  elementwise,
  activation,
  linear,
  shape,
  selection,
  reduction,
  normalization,
  convolution,
  pooling,
  recurrent,
  attention,
  control,
  zero,
};

const table: ReadonlyMap<string, Rule> = new Map(Object.values(families).flatMap((rules) => Object.entries(rules)));

/** undefined where there is none: operators of other domains have none. */
export const ruleOf = ({ domain, opType }: NodeProto): Rule | undefined =>
  domain === '' ? table.get(opType) : undefined;
