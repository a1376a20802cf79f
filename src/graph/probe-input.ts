import type { ProbeSpec } from '../analysis/probes/probe.ts';
import { isNoLabel } from '../data/columns/label.ts';
import { isNumeric } from '../data/columns/type.ts';
import { fits } from '../data/rows.ts';
import type { RowColumn } from '../data/types.ts';
import { badUserInput } from '../errors.ts';
import type { DatasetRow } from '../store/datasets.ts';
import { builder } from './builder.ts';
import { groupingColumn, wholeBetween } from './column-argument.ts';

export const ProbeTargetInput = builder.inputType('ProbeTargetInput', {
  description:
    'What a probe predicts: the label when omitted. A column that is not 0/1 needs `equals` (1 where equal) or `above` (1 where greater). Rows whose value is no label (null, NaN; in text “”, NA, N/A, NaN, nan, NULL, null, None) are left out.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'Of both datasets.' }),
    equals: t.field({ type: 'JSON', description: '1 where the column has this value, 0 where another.' }),
    above: t.float({ description: '1 where the column is greater, 0 where it is not.' }),
  }),
});

export const ProbeOptions = builder.inputType('ProbeOptions', {
  description: 'Minimises ½·l2·‖w‖² + Σ log loss over the standardised units, the intercept free.',
  fields: (t) => ({
    l2: t.float({ defaultValue: 1, description: 'Strength of the penalty: scikit-learn’s 1 / C.' }),
    maxIterations: t.int({
      defaultValue: 100,
      description: 'Newton steps at most, from 1 to 1,000: each reads the rows once.',
    }),
    tolerance: t.float({
      defaultValue: 1e-6,
      description:
        'Converged when a step promises to lower the objective by less than this per training row, and moves no weight by more than its square root.',
    }),
    control: t.boolean({ defaultValue: true, description: 'Whether there is a control on shuffled labels.' }),
    seed: t.int({ defaultValue: 0, description: 'Of the control’s labels.' }),
  }),
});

/** What is fitted, the same for all layers, and what is asked of it. */
export interface ProbeAsked {
  readonly spec: Omit<ProbeSpec, 'layer'>;
  /** null without a control. */
  readonly controlSeed: number | null;
  /** In words. */
  readonly target: string;
}

type Given<Input extends { $inferInput: unknown }> = Input['$inferInput'] | null | undefined;

/** Throws BAD_USER_INPUT naming the argument. */
export function probeAsked(
  target: Given<typeof ProbeTargetInput>,
  options: Given<typeof ProbeOptions>,
  datasets: { readonly train: DatasetRow; readonly test: DatasetRow },
): ProbeAsked {
  const { l2, maxIterations, tolerance, control, seed } = options ?? {};
  const column = target == null ? undefined : targetColumn(target, datasets);
  const isLabel = column === undefined || Object.values(datasets).every((one) => isItsLabel(column, one));
  if (isLabel) assertLabelled(datasets);
  return {
    spec: {
      ...(isLabel ? {} : { column }),
      l2: atLeast('options.l2', l2 ?? 1, 0),
      maxIterations: wholeBetween('options.maxIterations', maxIterations ?? 100, 1, 1000),
      tolerance: atLeast('options.tolerance', tolerance ?? 1e-6, Number.MIN_VALUE),
    },
    controlSeed: (control ?? true) ? (seed ?? 0) : null,
    target: isLabel ? (datasets.train.label as string) : inWords(column),
  };
}

const isItsLabel = ({ column, ...condition }: RowColumn, { label }: DatasetRow): boolean =>
  column === label && Object.keys(condition).length === 0;

function assertLabelled(datasets: { readonly train: DatasetRow; readonly test: DatasetRow }): void {
  for (const [argument, { label, name }] of Object.entries(datasets))
    if (label === null)
      throw badUserInput(argument, `\`${argument}\`: the dataset “${name}” has no label. Name another \`target\`.`);
}

function targetColumn(
  { column, equals, above }: NonNullable<Given<typeof ProbeTargetInput>>,
  datasets: { readonly train: DatasetRow; readonly test: DatasetRow },
): RowColumn {
  if (equals != null && above != null)
    throw badUserInput('target', '`target.equals` and `target.above` exclude each other: give one of them.');
  if (above != null && !Number.isFinite(above))
    throw badUserInput('target.above', `\`target.above\` is ${above}; it must be a finite number.`);
  for (const dataset of Object.values(datasets)) {
    const name = groupingColumn(dataset, column, 'target.column');
    const type = dataset.columns.find((one) => one.name === name)?.type as string;
    if (equals != null && !fits(equals, type))
      throw badUserInput(
        'target.equals',
        `\`target.equals\`: ${JSON.stringify(equals)} is no value of “${column}” (${type}).`,
      );
    if (equals != null && isNoLabel(equals, type))
      throw badUserInput(
        'target.equals',
        `\`target.equals\`: ${JSON.stringify(equals)} stands for no label in “${column}”, whose rows are left out. Name another value.`,
      );
    if (equals == null && !isNumeric(type))
      throw badUserInput('target', `\`target\`: “${column}” is ${type}. Say with \`equals\` which value counts as 1.`);
  }
  if (equals != null) return { column, equals };
  return above == null ? { column } : { column, above };
}

const inWords = ({ column, equals, above }: RowColumn): string =>
  equals !== undefined ? `${column} = ${String(equals)}` : above !== undefined ? `${column} > ${above}` : column;

function atLeast(argument: string, value: number, low: number): number {
  if (value >= low && Number.isFinite(value)) return value;
  throw badUserInput(argument, `\`${argument}\` is ${value}; it must be ${low === 0 ? 'at least' : 'above'} 0.`);
}
