import type { Scores } from '../data/score-file.ts';
import type { Reading } from './analysis.ts';
import { type LabelledSpec, labelledOf, ofScores } from './labelled.ts';
import { eachTie } from './quality.ts';

export const curveKinds = ['ROC', 'PRECISION_RECALL', 'LIFT'] as const;
export type CurveKind = (typeof curveKinds)[number];

/** Positive when score >= threshold. */
export interface CurvePoint {
  readonly threshold: number;
  readonly x: number;
  readonly y: number;
}

export interface CurveSpec extends LabelledSpec {
  readonly kind: CurveKind;
  readonly points: number;
}

/** Rows that are called positive at a threshold. */
interface Called {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/**
 * From the strictest threshold to the loosest, each a score that occurs. Where there are more of them than points, those are
 * taken whose rows are spread most evenly, the first and the last among them. No points where a class that it needs is missing.
 */
export const curve: Reading<CurveSpec, [Scores], readonly CurvePoint[]> = {
  name: 'curve',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { keys } = await labelledOf(part, spec, rows);
    const called = calledAt(keys);
    const { truePositives: positives, falsePositives: negatives } = called.at(-1) as Called;
    if (positives === 0 || (spec.kind === 'ROC' && negatives === 0)) return [];
    return thinned(called, spec.points).map((point) => ({
      threshold: point.threshold,
      ...coordinates[spec.kind](point, positives, negatives),
    }));
  },
};

const coordinates: Record<CurveKind, (at: Called, positives: number, negatives: number) => { x: number; y: number }> = {
  ROC: ({ truePositives, falsePositives }, positives, negatives) => ({
    x: falsePositives / negatives,
    y: truePositives / positives,
  }),
  PRECISION_RECALL: ({ truePositives, falsePositives }, positives) => ({
    x: truePositives / positives,
    y: truePositives / (truePositives + falsePositives),
  }),
  LIFT: ({ truePositives, falsePositives }, positives, negatives) => {
    const called = truePositives + falsePositives;
    const all = positives + negatives;
    return { x: called / all, y: truePositives / called / (positives / all) };
  },
};

function calledAt(keys: Uint32Array): Called[] {
  const groups: { score: number; positives: number; negatives: number }[] = [];
  eachTie(keys.slice().sort(), (score, positives, negatives) => groups.push({ score, positives, negatives }));
  let truePositives = 0;
  let falsePositives = 0;
  return groups.reverse().map(({ score, positives, negatives }) => {
    truePositives += positives;
    falsePositives += negatives;
    return { threshold: score, truePositives, falsePositives };
  });
}

function thinned(called: readonly Called[], points: number): readonly Called[] {
  if (called.length <= points) return called;
  const rowsAt = ({ truePositives, falsePositives }: Called): number => truePositives + falsePositives;
  const first = rowsAt(called[0] as Called);
  const last = rowsAt(called.at(-1) as Called);
  const chosen: Called[] = [];
  for (const [at, one] of called.entries()) {
    const wanted = first + ((last - first) * chosen.length) / (points - 1);
    const remaining = points - chosen.length;
    if (rowsAt(one) >= wanted || called.length - at <= remaining) chosen.push(one);
  }
  return chosen;
}

export interface ConfusionResult {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

export const confusion: Reading<LabelledSpec & { readonly threshold: number }, [Scores], ConfusionResult> = {
  name: 'confusion',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { keys } = await labelledOf(part, spec, rows);
    const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
    eachTie(keys.slice().sort(), (score, positives, negatives) => {
      const isPositive = score >= spec.threshold;
      counts[isPositive ? 'truePositives' : 'falseNegatives'] += positives;
      counts[isPositive ? 'falsePositives' : 'trueNegatives'] += negatives;
    });
    return counts;
  },
};
