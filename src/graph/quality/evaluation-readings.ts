import type { ConfusionResult, CurveKind as Kind, CurvePoint as Point } from '../../analysis/quality/thresholds.ts';
import type { Optional } from '../../questions/arguments.ts';
import { orNull } from '../../questions/or-null.ts';
import {
  type ReliabilityBin as Bin,
  type Confusion as Confused,
  calibrationErrorOf,
  calibrationOf,
  confusionOf,
  curveOf,
  gaucBy,
  precisionOf,
  recallOf,
  reliabilityBins,
  type ScoredRows,
  scoreHistogram,
  slicesBy,
  type WeakSegmentArguments,
  weakSegmentsOf,
} from '../../questions/quality.ts';
import type { Questions } from '../builder/ahead.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { CurveKind } from '../shared/enums.ts';
import { Histogram } from '../shared/histogram.ts';
import { Evaluation } from '../shared/references.ts';
import { SliceEvaluation } from './slice-evaluation.ts';

interface Bins {
  readonly bins?: Optional<number>;
}

/** Fields of an Evaluation that are questions of their own: each reads the score file, none runs the model. */
export const evaluationQuestions = {
  gauc: async (of: ScoredRows, { by }: { by?: Optional<string> }, context: Context) =>
    by == null ? null : gaucBy(context, of, by),
  expectedCalibrationError: (of: ScoredRows, { bins }: Bins, context: Context) =>
    calibrationOf(context, of, bins ?? 10),
  reliability: (of: ScoredRows, { bins }: Bins, context: Context) => calibrationOf(context, of, bins ?? 10),
  scores: (of: ScoredRows, { bins }: Bins, context: Context) => calibrationOf(context, of, bins ?? 50),
  curve: (of: ScoredRows, args: { kind: Kind; points?: Optional<number> }, context: Context) =>
    curveOf(context, of, args),
  confusion: (of: ScoredRows, { threshold }: { threshold?: Optional<number> }, context: Context) =>
    confusionOf(context, of, threshold ?? undefined),
  slices: (of: ScoredRows, args: { by: string; first?: Optional<number> }, context: Context) =>
    slicesBy(context, of, args),
  weakSegments: (of: ScoredRows, args: WeakSegmentArguments, context: Context) => weakSegmentsOf(context, of, args),
} satisfies Questions<ScoredRows>;

const ReliabilityBin = builder.objectRef<Bin>('ReliabilityBin').implement({
  description: 'Rows whose scores lie in [low, high), the last bin closed.',
  fields: (t) => ({
    low: t.exposeFloat('low', { description: 'The lower end.' }),
    high: t.exposeFloat('high', { description: 'The upper end.' }),
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Number of labelled rows.',
      resolve: ({ rowCount }) => rowCount,
    }),
    meanScore: t.exposeFloat('meanScore', { nullable: true, description: 'The mean score; null in an empty bin.' }),
    positiveRate: t.exposeFloat('positiveRate', {
      nullable: true,
      description: 'Share of label 1; null in an empty bin.',
    }),
  }),
});

const CurvePoint = builder.objectRef<Point>('CurvePoint').implement({
  description: 'What comes of calling rows positive when score >= threshold.',
  fields: (t) => ({
    threshold: t.exposeFloat('threshold', { description: 'A score that occurs.' }),
    x: t.exposeFloat('x', { description: 'What CurveKind says of x.' }),
    y: t.exposeFloat('y', { description: 'What CurveKind says of y.' }),
  }),
});

const Confusion = builder.objectRef<Confused>('Confusion').implement({
  description: 'Labels against calls: a row is called positive when score >= threshold.',
  fields: (t) => {
    const count = (description: string, resolve: (confusion: ConfusionResult) => number) =>
      t.field({ type: 'SafeInt', description, resolve });
    return {
      threshold: t.exposeFloat('threshold', { description: 'The threshold that was asked for.' }),
      truePositives: count('Rows with label 1 that are called positive.', (c) => c.truePositives),
      falsePositives: count('Rows with label 0 that are called positive.', (c) => c.falsePositives),
      trueNegatives: count('Rows with label 0 that are called negative.', (c) => c.trueNegatives),
      falseNegatives: count('Rows with label 1 that are called negative.', (c) => c.falseNegatives),
      precision: t.float({
        nullable: true,
        description: 'Share of label 1 among the rows that are called positive; null without such rows.',
        resolve: precisionOf,
      }),
      recall: t.float({
        nullable: true,
        description: 'Share of the rows with label 1 that is called positive; null without such rows.',
        resolve: recallOf,
      }),
    };
  },
});

builder.objectFields(Evaluation, (t) => {
  const bins = (defaultValue: number) => t.arg.int({ defaultValue, description: 'How many bins, from 1 to 1,000.' });
  return {
    expectedCalibrationError: t.float({
      nullable: true,
      description:
        'Mean absolute distance of score and rate of positives in equal-width bins on [0, 1], weighted by rows.',
      args: { bins: bins(10) },
      resolve: async (of, args, context) =>
        calibrationErrorOf(await evaluationQuestions.expectedCalibrationError(of, args, context)),
    }),
    reliability: t.field({
      type: [ReliabilityBin],
      nullable: true,
      description: 'Scores against what happened, in equal-width bins on [0, 1].',
      args: { bins: bins(10) },
      resolve: async (of, args, context) => reliabilityBins(await evaluationQuestions.reliability(of, args, context)),
    }),
    scores: t.field({
      type: Histogram,
      nullable: true,
      description: 'Histogram of the scores over [0, 1], of labelled rows.',
      args: { bins: bins(50) },
      resolve: async (of, args, context) => ({
        ...scoreHistogram(await evaluationQuestions.scores(of, args, context)),
        what: 'the score',
      }),
    }),
    curve: t.field({
      type: [CurvePoint],
      nullable: true,
      description:
        'Points of the curve, from the strictest threshold to the loosest; null where a class that it needs is missing.',
      args: {
        kind: t.arg({ type: CurveKind, required: true, description: 'What x and y are.' }),
        points: t.arg.int({ defaultValue: 100, description: 'The largest number of points, from 2 to 10,000.' }),
      },
      resolve: (of, args, context) => evaluationQuestions.curve(of, args, context),
    }),
    confusion: t.field({
      type: Confusion,
      nullable: true,
      description: 'Labels against calls: a row is called positive when score >= threshold.',
      args: { threshold: t.arg.float({ defaultValue: 0.5, description: 'The threshold of the score.' }) },
      resolve: (of, args, context) => evaluationQuestions.confusion(of, args, context),
    }),
  };
});

builder.objectFields(Evaluation, (t) => ({
  gauc: t.float({
    nullable: true,
    description:
      'Mean AUC over the groups (values of `by`; of the dataset’s group column when omitted) that have both labels, weighted by their rows.',
    args: { by: t.arg.string({ description: 'A column of the dataset.' }) },
    resolve: (of, args, context) =>
      args.by == null ? orNull(of.answer.value.gauc) : evaluationQuestions.gauc(of, args, context),
  }),
  slices: t.field({
    type: [SliceEvaluation],
    nullable: true,
    description: 'One for each value of a column, most rows first; numbers with many values are cut at their deciles.',
    args: {
      by: t.arg.string({ required: true, description: 'A column of the dataset.' }),
      first: t.arg.int({ defaultValue: 20, description: 'The largest number of slices, up to 1,000.' }),
    },
    resolve: (of, args, context) => evaluationQuestions.slices(of, args, context),
  }),
  weakSegments: t.field({
    type: [SliceEvaluation],
    nullable: true,
    description:
      'Where the model is worst: values of one column or of two together, largest excess log loss (rows times segment’s minus overall) first.',
    args: {
      columns: t.arg.stringList({
        description: 'Columns to make segments of; those of the model’s features when omitted.',
      }),
      minimumRows: t.arg.int({ defaultValue: 200, description: 'Segments with fewer rows are left out.' }),
      first: t.arg.int({ defaultValue: 10, description: 'The largest number to show, up to 100.' }),
    },
    resolve: (of, args, context) => evaluationQuestions.weakSegments(of, args, context),
  }),
}));
