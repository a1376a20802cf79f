import type { ScoreSource } from '../../data/scores/file.ts';
import type { KeyedRows } from '../../data/scores/keys/keyed-rows.ts';
import { type ScoreScale, scoreOfOutput } from '../../data/scores/scale.ts';
import { using } from '../../using.ts';
import type { Reading } from '../analysis.ts';
import { type LabelledSpec, ofScores } from './labelled.ts';
import { labelledRows } from './labelled-rows.ts';

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
export const curve: Reading<CurveSpec, [ScoreSource], readonly CurvePoint[]> = {
  kind: 'reading',
  name: 'curve',
  version: 2,
  ...ofScores,
  async read(spec, [part], rows) {
    return using(await labelledRows(part, spec, rows), async (labelled) => {
      const totals = await totalsOf(labelled.rows);
      const { positives, negatives } = totals;
      if (positives === 0 || (spec.kind === 'ROC' && negatives === 0)) return [];
      return (await calledAt(labelled.rows, labelled.scale, totals, spec.points)).map((point) => ({
        threshold: point.threshold,
        ...coordinates[spec.kind](point, positives, negatives),
      }));
    });
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

interface Totals {
  positives: number;
  negatives: number;
  /** Outputs that occur. */
  thresholds: number;
  /** Rows of the largest of them. */
  strictest: number;
}

async function totalsOf(rows: KeyedRows): Promise<Totals> {
  const totals = { positives: 0, negatives: 0, thresholds: 0, strictest: 0 };
  await rows.walk([], {
    tie(_output, positives, negatives) {
      totals.positives += positives;
      totals.negatives += negatives;
      if (totals.thresholds === 0) totals.strictest = positives + negatives;
      totals.thresholds++;
    },
  });
  return totals;
}

/** Of all thresholds, at most so many, chosen while they go by. */
async function calledAt(rows: KeyedRows, scale: ScoreScale, totals: Totals, points: number): Promise<Called[]> {
  const first = totals.strictest;
  const last = totals.positives + totals.negatives;
  const chosen: Called[] = [];
  let [truePositives, falsePositives, seen] = [0, 0, 0];
  await rows.walk([], {
    tie(output, positives, negatives) {
      truePositives += positives;
      falsePositives += negatives;
      const wanted = first + ((last - first) * chosen.length) / (points - 1);
      const isNeeded = totals.thresholds - seen <= points - chosen.length;
      if (truePositives + falsePositives >= wanted || isNeeded)
        chosen.push({ threshold: scoreOfOutput(scale, output), truePositives, falsePositives });
      seen++;
    },
  });
  return chosen;
}

export interface ConfusionResult {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

export const confusion: Reading<LabelledSpec & { readonly threshold: number }, [ScoreSource], ConfusionResult> = {
  kind: 'reading',
  name: 'confusion',
  version: 2,
  ...ofScores,
  async read(spec, [part], rows) {
    const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
    await using(await labelledRows(part, spec, rows), (labelled) =>
      labelled.rows.walk([], {
        tie(output, positives, negatives) {
          const isPositive = scoreOfOutput(labelled.scale, output) >= spec.threshold;
          counts[isPositive ? 'truePositives' : 'falseNegatives'] += positives;
          counts[isPositive ? 'falsePositives' : 'trueNegatives'] += negatives;
        },
      }),
    );
    return counts;
  },
};
