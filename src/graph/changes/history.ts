import { type HistoryPlotPoint, historyPlot } from '../../plots/history.ts';
import { saliencyOf } from '../../questions/attributions/saliency.ts';
import { drifted } from '../../questions/changes/drift.ts';
import {
  type HistorySeries,
  historyOf,
  historySeriesOf,
  type HistoryPoint as Point,
} from '../../questions/changes/history.ts';
import { aucInterval, normalMargin, usualLevel } from '../../questions/intervals.ts';
import { orNull } from '../../questions/or-null.ts';
import { layerAsked, titleOf } from '../../questions/structure.ts';
import { outputTarget } from '../../questions/targets.ts';
import { AttributionOptions } from '../attributions/attribution-options.ts';
import { Saliency } from '../attributions/saliency.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { momentsAsked } from '../layers/layer-questions.ts';
import { LayerStatistics } from '../layers/layer-statistics.ts';
import { evaluationAsked, judgedByArguments } from '../quality/judged-by.ts';
import { AttributionMethod } from '../shared/enums.ts';
import { Drift, Evaluation, Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';

const HistoryPoint = builder.objectRef<Point>('HistoryPoint').implement({
  description: 'A model on the rows of one partition. Each field is the model’s own, asked of that partition alone.',
  fields: (t) => ({
    partition: t.exposeString('partition', { description: 'Name of the partition.' }),
    evaluation: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality on labelled rows.',
      args: {
        ...judgedByArguments(t.arg),
      },
      resolve: (of, judgedBy, context, info) => evaluationAsked(of, judgedBy, context, info),
    }),
    saliency: t.field({
      type: Saliency,
      nullable: true,
      description: 'What drives the model.',
      args: {
        method: t.arg({ type: AttributionMethod, defaultValue: 'SALIENCY', description: 'How attributions are made.' }),
        options: t.arg({ type: AttributionOptions, description: 'Options of the method.' }),
        target: t.arg({ type: TargetInput, description: 'What is explained.' }),
      },
      resolve: async ({ model, rows }, { target, ...asked }, context) => ({
        ...(await saliencyOf(context, model, { ...asked, rows }, outputTarget(model, target))),
        what: titleOf(model),
      }),
    }),
    statistics: t.field({
      type: LayerStatistics,
      nullable: true,
      description: 'What the neurons of a layer do.',
      args: { layer: t.arg.string({ required: true, description: 'Name of the layer.' }) },
      resolve: ({ model, rows }, { layer }, context, info) =>
        momentsAsked({ ...layerAsked(model, layer), rows }, context, info, [[], ['neurons']]),
    }),
    drift: t.field({
      type: Drift,
      nullable: true,
      description: 'What has changed from the reference to this partition.',
      args: {
        reference: t.arg({
          type: RowsInput,
          required: true,
          description: 'Rows as they were, e.g. those of training.',
        }),
        ...judgedByArguments(t.arg),
      },
      resolve: ({ model, rows }, { reference, target, label }, context) =>
        drifted(context, { model, reference, current: rows }, { target, label }),
    }),
  }),
});

builder.objectFields(Model, (t) => ({
  history: t.field({
    type: [HistoryPoint],
    description:
      'One for each partition of the rows, in order: the curves by day in one query. `sample` draws from each partition.',
    args: { rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset with partitions.' }) },
    resolve: (model, { rows }, context) => historyOf(context, model, rows),
  }),
  historyPlot: t.field({
    type: 'VegaLite',
    nullable: true,
    description:
      'AUC, mean score and share of positives by partition with 95 % intervals and counts; with a reference, how far the scores have drifted from it.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset with partitions.' }),
      reference: t.arg({ type: RowsInput, description: 'Rows as they were, e.g. those of training.' }),
    },
    async resolve(model, { rows, reference }, context) {
      const series = await historySeriesOf(context, model, rows, reference ?? null);
      return historyPlot(pointsOf(series), titleOf(model));
    },
  }),
}));

function pointsOf({ scores, quality, shifts }: HistorySeries): HistoryPlotPoint[] {
  const judgedBy = new Map(quality?.map((one) => [one.slice, one]));
  const shiftedBy = new Map(shifts?.map((one) => [one.slice, one]));
  return scores.map(({ slice, rowCount, mean, standardDeviation }) => {
    const margin = normalMargin(standardDeviation / Math.sqrt(rowCount), usualLevel);
    const judged = judgedBy.get(slice);
    const interval = judged === undefined ? null : aucInterval(judged, usualLevel);
    return {
      partition: slice,
      rows: rowCount,
      score: mean,
      scoreLow: mean - margin,
      scoreHigh: mean + margin,
      positives: judged === undefined ? null : judged.positiveCount / judged.rowCount,
      AUC: judged === undefined ? null : orNull(judged.auc),
      aucLow: interval?.low ?? null,
      aucHigh: interval?.high ?? null,
      PSI: shiftedBy.get(slice)?.psi ?? null,
    };
  });
}
