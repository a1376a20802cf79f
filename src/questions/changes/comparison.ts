import {
  type ComparisonResult,
  type ComparisonSpec,
  comparison,
  comparisonSlices,
} from '../../analysis/comparison/comparison.ts';
import { disagreements, mostDisagreements } from '../../analysis/comparison/disagreements.ts';
import type { PairedSlice } from '../../analysis/comparison/figures.ts';
import { flips } from '../../analysis/comparison/flips.ts';
import { bindingOf } from '../../analysis/score.ts';
import { scoreShift } from '../../analysis/shift/score-shift.ts';
import type { Shift } from '../../analysis/shift/shift.ts';
import { type DatasetRow, readRowsAt } from '../../data/page.ts';
import { badUserInput } from '../../errors.ts';
import type { Answer } from '../../planner/question.ts';
import type { ModelRow } from '../../store/models.ts';
import { groupingColumn, type Optional, wholeBetween } from '../arguments.ts';
import { ask, datasetAsked, type RowsArgument, selectedRows } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { featureSaliencies, saliencyOf } from '../attributions/saliency.ts';
import { type JudgedBy, type ScoredRows, scoredRowsOrNull } from '../quality.ts';
import { outputTarget, scoreTarget } from '../targets.ts';
import { spearman } from './ranks.ts';

/** Two models on the same rows; differences are the candidate's minus the base's. */
export interface ComparedModels {
  readonly candidate: ModelRow;
  readonly base: ModelRow;
  readonly rows: RowsArgument;
  readonly spec: ComparisonSpec;
  /** null: there is no label to judge by. */
  readonly judged: { readonly candidate: ScoredRows; readonly base: ScoredRows } | null;
  readonly target: JudgedBy['target'];
}

/** Asks nothing yet. Throws BAD_USER_INPUT and NOT_FOUND. */
export async function comparedModels(
  asker: Asker,
  { candidate, base, rows }: Pick<ComparedModels, 'candidate' | 'base' | 'rows'>,
  { target, label }: JudgedBy,
): Promise<ComparedModels> {
  await selectedRows(asker, rows);
  const elements = [candidate, base].map((model) => scoreTarget(model, target)) as [
    ReturnType<typeof scoreTarget>,
    ReturnType<typeof scoreTarget>,
  ];
  const [isValue, isBaseValue] = [candidate, base].map(
    ({ manifest }, at) => bindingOf(manifest, elements[at] ?? manifest.score).space === 'VALUE',
  );
  if (isValue !== isBaseValue)
    throw badUserInput(
      'with',
      `\`with\`: the score of one of the two models is a probability, that of the other a VALUE: they cannot be compared.`,
    );
  const judged = await scoredRowsOrNull(asker, { model: candidate, rows }, { target, label });
  const judgedBase = judged && {
    model: base,
    rows,
    spec: {
      ...(elements[1] && { target: elements[1] }),
      ...(judged.spec.label !== undefined && { label: judged.spec.label }),
    },
  };
  return {
    candidate,
    base,
    rows,
    target,
    judged: judgedBase && { candidate: judged, base: judgedBase },
    spec: {
      candidate: elements[0] === undefined ? {} : { target: elements[0] },
      base: elements[1] === undefined ? {} : { target: elements[1] },
      ...(judged?.spec.label !== undefined && { label: judged.spec.label }),
    },
  };
}

const aboutBoth = ({ candidate, base, rows }: ComparedModels) => ({
  model: candidate,
  rows,
  others: { base: { model: base, rows } },
});

/** On the rows that both models take, paired. */
export const comparisonOf = (asker: Asker, of: ComparedModels): Promise<Answer<ComparisonResult>> =>
  ask(asker, comparison, of.spec, aboutBoth(of));

/** Share of rows that the two put on different sides of a threshold. */
export async function flipRateOf(asker: Asker, of: ComparedModels, threshold: number): Promise<number> {
  const { candidate, base } = of.spec;
  return (await ask(asker, flips, { candidate, base, threshold }, aboutBoth(of))).value;
}

/** From the base's scores to the candidate's. */
export async function scoreShiftOf(asker: Asker, of: ComparedModels): Promise<Shift> {
  const { candidate, base, rows, spec } = of;
  const about = { model: candidate, rows, others: { reference: { model: base, rows } } };
  return (await ask(asker, scoreShift, { current: spec.candidate, reference: spec.base }, about)).value;
}

/** One for each value of a column, most rows first; numbers with many values are cut at their deciles. */
export async function comparisonSlicesBy(
  asker: Asker,
  of: ComparedModels,
  { by, first }: { readonly by: string; readonly first?: Optional<number> },
): Promise<PairedSlice[]> {
  const column = groupingColumn(await datasetAsked(asker, of.rows), by, 'by');
  const { value } = await ask(asker, comparisonSlices, { ...of.spec, by: column }, aboutBoth(of));
  return value.slice(0, wholeBetween('first', first ?? 20, 0, 1000));
}

/** A row with the scores of both models. */
export interface Disagreement {
  readonly row: DatasetRow;
  readonly baseScore: number;
  readonly candidateScore: number;
}

/** Furthest apart first. */
export async function disagreementsOf(asker: Asker, of: ComparedModels, first: number): Promise<Disagreement[]> {
  const count = wholeBetween('first', first, 0, mostDisagreements);
  const { candidate, base } = of.spec;
  const { value } = await ask(asker, disagreements, { candidate, base }, aboutBoth(of));
  const shown = value.slice(0, count);
  const rows = await readRowsAt(
    await datasetAsked(asker, of.rows),
    shown.map(({ row }) => row),
  );
  return shown.map(({ baseScore, candidateScore }, at) => ({ row: rows[at] as DatasetRow, baseScore, candidateScore }));
}

/** Spearman, of the scores of the features that both models have, by name; null with fewer than two of them. */
export async function saliencyAgreementOf(asker: Asker, of: ComparedModels): Promise<number | null> {
  const [candidate, base] = await Promise.all(
    [of.candidate, of.base].map(async (model) => {
      const saliency = await saliencyOf(asker, model, { rows: of.rows }, outputTarget(model, of.target));
      return new Map(featureSaliencies(saliency).map(({ name, score }) => [name, score]));
    }),
  );
  const shared = [...(candidate ?? [])].filter(([name]) => base?.has(name));
  return spearman(
    shared.map(([, score]) => score),
    shared.map(([name]) => base?.get(name) as number),
  );
}
