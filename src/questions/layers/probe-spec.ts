import type { ProbeSpec } from '../../analysis/probes/probe.ts';
import { isNoLabel } from '../../data/columns/label.ts';
import { isNumeric } from '../../data/columns/type.ts';
import { fits } from '../../data/rows.ts';
import type { RowColumn } from '../../data/types.ts';
import { badUserInput } from '../../errors.ts';
import type { DatasetRow } from '../../store/datasets.ts';
import { groupingColumn, type Optional, wholeBetween } from '../arguments.ts';

/** What is fitted, the same for all layers, and what is asked of it. */
export interface ProbeAsked {
  readonly spec: Omit<ProbeSpec, 'layer'>;
  /** null without a control. */
  readonly controlSeed: number | null;
  /** In words. */
  readonly target: string;
}

/** Rows whose value is no label are left out. */
export interface ProbeTargetArgument {
  /** Of both datasets. */
  readonly column: string;
  /** 1 where the column has this value, 0 where another. */
  readonly equals?: unknown;
  /** 1 where the column is greater, 0 where it is not. */
  readonly above?: Optional<number>;
}

/** How a probe is fitted; what is left out has its default. */
export interface ProbeOptions {
  readonly l2?: Optional<number>;
  readonly maxIterations?: Optional<number>;
  readonly tolerance?: Optional<number>;
  /** Whether there is a control on shuffled labels. */
  readonly control?: Optional<boolean>;
  readonly seed?: Optional<number>;
}

type Datasets = Readonly<Record<'train' | 'test', DatasetRow>>;

/** The label is predicted where no target is given. Throws BAD_USER_INPUT naming the argument. */
export function probeAsked(
  target: Optional<ProbeTargetArgument>,
  options: Optional<ProbeOptions>,
  datasets: Datasets,
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

function assertLabelled(datasets: Datasets): void {
  for (const [argument, { label, name }] of Object.entries(datasets))
    if (label === null)
      throw badUserInput(argument, `\`${argument}\`: the dataset “${name}” has no label. Name another \`target\`.`);
}

function targetColumn({ column, equals, above }: ProbeTargetArgument, datasets: Datasets): RowColumn {
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
