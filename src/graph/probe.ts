import type { GraphQLResolveInfo } from 'graphql';
import type { ProbeFit } from '../analysis/probes/probe.ts';
import type { EvaluationResult } from '../analysis/quality/evaluation.ts';
import { selectRows } from '../data/rows.ts';
import { badUserInput, GlassgraphError } from '../errors.ts';
import type { Answer } from '../planner/question.ts';
import { probePlot } from '../plots/probe.ts';
import { datasetAsked, type RowsArgument } from '../questions/ask.ts';
import { suggestionFor } from '../similar.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { ModelRow } from '../store/models.ts';
import { askAhead } from './ahead.ts';
import { builder } from './builder.ts';
import { firstUpTo, wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { refusedEarly } from './early.ts';
import { layersOf } from './layer.ts';
import { orNull } from './number.ts';
import { type ProbeAsked, ProbeOptions, ProbeTargetInput, probeAsked } from './probe-input.ts';
import { aboutRows, fittedAndJudged, type ProbeOfLayer, probeQuestions } from './probe-questions.ts';
import { Provenance } from './provenance.ts';
import { Layer, type LayerOfModel, Model, Neuron, type NeuronOfLayer } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { SliceEvaluation } from './slice-evaluation.ts';

interface JudgedProbe extends ProbeOfLayer {
  readonly fit: ProbeFit;
  readonly answer: Answer<EvaluationResult>;
}

interface Weight extends NeuronOfLayer {
  readonly weight: number;
}

/** By absolute weight, largest first, ties by index. */
function weightsOf({ model, layer, fit }: JudgedProbe, first: number): Weight[] {
  const weights = Array.from(fit.weights.subarray(0, -1), (weight, unit) => ({ model, layer, unit, weight }));
  return weights.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.unit - b.unit).slice(0, first);
}

const ProbeWeight = builder.objectRef<Weight>('ProbeWeight').implement({
  description: 'What a neuron counts in a probe.',
  fields: (t) => ({
    neuron: t.field({ type: Neuron, description: 'The neuron.', resolve: (neuron) => neuron }),
    weight: t.exposeFloat('weight', { description: 'Of the standardised unit; 0 for one that is constant.' }),
  }),
});

const Probe = builder.objectRef<JudgedProbe>('Probe').implement({
  description:
    'A logistic regression on one layer’s output (Alain & Bengio 2016), units standardised on the training rows. Of a layer with positions: on their mean.',
  fields: (t) => {
    const figure = (description: string, of: (evaluation: EvaluationResult) => number) =>
      t.float({ nullable: true, description, resolve: ({ answer }) => orNull(of(answer.value)) });
    return {
      layer: t.field({ type: Layer, description: 'Whose output it reads.', resolve: (layer) => layer }),
      target: t.string({ description: 'What it predicts, in words.', resolve: ({ asked }) => asked.target }),
      auc: figure('On the test rows; null with a single class.', ({ auc }) => auc),
      gauc: figure('On the test rows, by the dataset’s group column.', ({ gauc }) => gauc),
      logLoss: t.float({ description: 'Mean on the test rows.', resolve: ({ answer }) => answer.value.logLoss }),
      trainAuc: t.float({
        nullable: true,
        description: 'On the training rows: the gap to `auc` is what did not carry over.',
        resolve: (of, args, context) => probeQuestions.trainAuc(of, args, context),
      }),
      trainRowCount: t.field({
        type: 'SafeInt',
        description: 'Training rows that have the target.',
        resolve: ({ fit }) => fit.rowCount,
      }),
      testRowCount: t.field({
        type: 'SafeInt',
        description: 'Test rows that have the target.',
        resolve: ({ answer }) => answer.value.rowCount,
      }),
      iterations: t.int({
        description: 'Newton steps, halvings of steps included; 0 where only one class was there to learn from.',
        resolve: ({ fit }) => fit.iterations,
      }),
      converged: t.boolean({
        description: 'Whether it ended because there was nothing left to gain.',
        resolve: ({ fit }) => fit.converged,
      }),
      controlAuc: t.float({
        nullable: true,
        description:
          'AUC of the same probe on shuffled labels (Hewitt & Liang 2019): each drawn by seed and row alone, at the training rows’ rate of the target.',
        resolve: (of, args, context) => probeQuestions.controlAuc(of, args, context),
      }),
      selectivity: t.float({
        nullable: true,
        description: 'auc minus controlAuc.',
        async resolve(of, args, context) {
          const control = await probeQuestions.selectivity(of, args, context);
          return control === null ? null : orNull(of.answer.value.auc - control);
        },
      }),
      byPartition: t.field({
        type: [SliceEvaluation],
        description: 'On the test rows.',
        resolve: ({ answer }) => answer.value.byPartition,
      }),
      weights: t.field({
        type: [ProbeWeight],
        description: 'By absolute weight, largest first; of standardised units.',
        args: { first: t.arg.int({ defaultValue: 20, description: 'At most so many, up to 4,096.' }) },
        extensions: refusedEarly(firstUpTo(4096)),
        resolve: (of, { first }) => weightsOf(of, wholeBetween('first', first ?? 20, 0, 4096)),
      }),
      intercept: t.float({
        description: 'The logit where every unit has its mean.',
        resolve: ({ fit }) => fit.weights.at(-1) as number,
      }),
      provenance: t.field({
        type: Provenance,
        description: 'How the figures on the test rows came to be.',
        resolve: ({ answer }) => answer.provenance,
      }),
    };
  },
});

interface ProbeArguments {
  readonly train: RowsArgument;
  readonly test: RowsArgument;
  readonly target?: Parameters<typeof probeAsked>[0];
  readonly options?: Parameters<typeof probeAsked>[1];
}

async function askedOf({ train, test, target, options }: ProbeArguments, context: Context): Promise<ProbeAsked> {
  const chosen = async (argument: 'train' | 'test', rows: RowsArgument): Promise<DatasetRow> => {
    const dataset = await datasetAsked(context, rows);
    try {
      selectRows(
        dataset,
        dataset.partitions.map(({ name }) => name),
        rows,
      );
    } catch (error) {
      throw aboutRows(argument, error);
    }
    return dataset;
  };
  return probeAsked(target, options, { train: await chosen('train', train), test: await chosen('test', test) });
}

/** Fitted and judged; what else the query wants of it is asked at once. */
async function judged(of: ProbeOfLayer, context: Context, info?: GraphQLResolveInfo): Promise<JudgedProbe> {
  if (info !== undefined) askAhead(probeQuestions, of, context, info);
  return { ...of, ...(await fittedAndJudged(of, context)) };
}

interface LayersArgument {
  readonly layers?: readonly string[] | null | undefined;
}

async function probesOf(
  model: ModelRow,
  { layers, ...asked }: ProbeArguments & LayersArgument,
  context: Context,
  info?: GraphQLResolveInfo,
): Promise<JudgedProbe[]> {
  const chosen = layersNamed(model, layers);
  const about = { train: asked.train, test: asked.test, asked: await askedOf(asked, context) };
  const probes = await Promise.all(chosen.map((layer) => judged({ ...layer, ...about }, context, info).catch(errorOf)));
  const failed = chosen.filter((_, at) => probes[at] instanceof GlassgraphError);
  if (failed.length > 0) throw withoutThem(probes, chosen, failed);
  return probes as JudgedProbe[];
}

function errorOf(error: unknown): GlassgraphError {
  if (error instanceof GlassgraphError) return error;
  throw error;
}

/** A list of probes has no gaps: when some layers have none, the error names those that have one, whose answers are kept. */
function withoutThem(
  probes: readonly (JudgedProbe | GlassgraphError)[],
  chosen: readonly LayerOfModel[],
  failed: readonly LayerOfModel[],
): GlassgraphError {
  const { code, message, details } = probes.find((one) => one instanceof GlassgraphError) as GlassgraphError;
  const layers = chosen.filter((layer) => !failed.includes(layer)).map(({ layer }) => layer.name);
  if (layers.length === 0 || code === 'ANALYSIS_PENDING') return new GlassgraphError(code, message, details);
  const without = failed.map(({ layer }) => `“${layer.name}”`).join(', ');
  return new GlassgraphError(
    code,
    `${message} Every layer but ${without} has a probe: name those layers with \`layers\`, as this error’s extensions do.`,
    { ...details, layers },
  );
}

/** In topological order. */
function layersNamed(model: ModelRow, names: readonly string[] | null | undefined): LayerOfModel[] {
  const all = layersOf(model);
  if (names == null) return all;
  const known = all.map(({ layer }) => layer.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const { words, data } = suggestionFor(unknown, known);
    throw badUserInput('layers', `\`layers\`: the model has no layer “${unknown}”.${words}`, data);
  }
  if (names.length === 0) throw badUserInput('layers', '`layers` is empty: name one, or leave it out for all of them.');
  return all.filter(({ layer }) => names.includes(layer.name));
}

const probeArguments = {
  train: { type: RowsInput, required: true, description: 'Rows to fit it on.' },
  test: { type: RowsInput, required: true, description: 'Rows to judge it by.' },
  target: { type: ProbeTargetInput, description: 'What it predicts; the label when omitted.' },
  options: { type: ProbeOptions, description: 'How it is fitted.' },
} as const;

builder.objectField(Layer, 'probe', (t) =>
  t.field({
    type: Probe,
    nullable: true,
    description: 'What of a target can be read off this layer by a logistic regression.',
    args: {
      train: t.arg(probeArguments.train),
      test: t.arg(probeArguments.test),
      target: t.arg(probeArguments.target),
      options: t.arg(probeArguments.options),
    },
    resolve: async ({ model, layer }, asked, context, info) =>
      judged(
        { model, layer, train: asked.train, test: asked.test, asked: await askedOf(asked, context) },
        context,
        info,
      ),
  }),
);

builder.objectFields(Model, (t) => {
  const args = {
    train: t.arg(probeArguments.train),
    test: t.arg(probeArguments.test),
    target: t.arg(probeArguments.target),
    options: t.arg(probeArguments.options),
    layers: t.arg.stringList({ description: 'Names of layers; all of them when omitted.' }),
  };
  return {
    probes: t.field({
      type: [Probe],
      nullable: true,
      description: 'A probe on every layer, or on those named, in topological order; fitted together in shared passes.',
      args,
      resolve: (model, asked, context, info) => probesOf(model, asked, context, info),
    }),
    probePlot: t.field({
      type: 'VegaLite',
      nullable: true,
      description:
        'AUC of the probes on the test rows, layer after layer: a line for each partition, and a dashed one over all rows.',
      args,
      resolve: async (model, asked, context) =>
        probePlot(
          (await probesOf(model, asked, context)).map(({ layer, answer }) => ({
            layer: layer.name,
            result: answer.value,
          })),
          `${model.name} ${model.version}`,
        ),
    }),
  };
});
