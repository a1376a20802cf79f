import type { EvaluationResult } from '../../analysis/quality/evaluation.ts';
import { probePlot } from '../../plots/probe.ts';
import { wholeBetween } from '../../questions/arguments.ts';
import {
  controlAucOf,
  interceptOf,
  type JudgedProbe,
  judgedProbe,
  judgedProbes,
  type ProbeOfLayer,
  probesOn,
  selectivityOf,
  trainAucOf,
  type ProbeWeight as Weight,
  weightsOf,
} from '../../questions/layers/probes.ts';
import { orNull } from '../../questions/or-null.ts';
import { layersAsked, titleOf } from '../../questions/structure.ts';
import { askAhead, type Questions } from '../builder/ahead.ts';
import { builder } from '../builder/builder.ts';
import { firstUpTo, refusedEarly } from '../builder/early.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { SliceEvaluation } from '../quality/slice-evaluation.ts';
import { Provenance } from '../shared/provenance.ts';
import { Layer, Model, Neuron } from '../shared/references.ts';
import { ProbeOptions, ProbeTargetInput } from './probe-input.ts';

/** Fields of a probe that are questions of their own. */
const probeQuestions = {
  trainAuc: (of, _, context) => trainAucOf(context, of),
  controlAuc: (of, _, context) => controlAucOf(context, of),
  selectivity: (of, _, context) => controlAucOf(context, of),
} satisfies Questions<ProbeOfLayer>;

const ProbeWeight = builder.objectRef<Weight>('ProbeWeight').implement({
  description: 'What a neuron counts in a probe.',
  fields: (t) => ({
    neuron: t.field({ type: Neuron, description: 'The neuron that is meant.', resolve: (neuron) => neuron }),
    weight: t.exposeFloat('weight', { description: 'Weight of the standardised unit; 0 for one that is constant.' }),
  }),
});

const Probe = builder.objectRef<JudgedProbe>('Probe').implement({
  description:
    'A logistic regression on one layer’s output (Alain & Bengio 2016), units standardised on the training rows. On a layer with positions it reads their mean.',
  fields: (t) => {
    const figure = (description: string, of: (evaluation: EvaluationResult) => number) =>
      t.float({ nullable: true, description, resolve: ({ answer }) => orNull(of(answer.value)) });
    return {
      layer: t.field({ type: Layer, description: 'The layer whose output it reads.', resolve: (layer) => layer }),
      target: t.string({ description: 'What it predicts, in words.', resolve: ({ asked }) => asked.target }),
      auc: figure('The AUC on the test rows; null with a single class.', ({ auc }) => auc),
      gauc: figure('The GAUC on the test rows, by the dataset’s group column.', ({ gauc }) => gauc),
      logLoss: t.float({
        description: 'Mean log loss on the test rows.',
        resolve: ({ answer }) => answer.value.logLoss,
      }),
      trainAuc: t.float({
        nullable: true,
        description: 'The AUC on the training rows: the gap to `auc` is what did not carry over.',
        resolve: (of, _, context) => trainAucOf(context, of),
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
        resolve: (of, _, context) => controlAucOf(context, of),
      }),
      selectivity: t.float({
        nullable: true,
        description: 'The difference auc - controlAuc.',
        resolve: (of, _, context) => selectivityOf(context, of),
      }),
      byPartition: t.field({
        type: [SliceEvaluation],
        description: 'Quality on each partition of the test rows.',
        resolve: ({ answer }) => answer.value.byPartition,
      }),
      weights: t.field({
        type: [ProbeWeight],
        description: 'Weights of standardised units, by absolute weight, largest first.',
        args: { first: t.arg.int({ defaultValue: 20, description: 'The largest number of weights, up to 4,096.' }) },
        extensions: refusedEarly(firstUpTo(4096)),
        resolve: (of, { first }) => weightsOf(of, wholeBetween('first', first ?? 20, 0, 4096)),
      }),
      intercept: t.float({
        description: 'The logit where every unit has its mean.',
        resolve: interceptOf,
      }),
      provenance: t.field({
        type: Provenance,
        description: 'How the figures on the test rows came to be.',
        resolve: ({ answer }) => answer.provenance,
      }),
    };
  },
});

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
    async resolve(layer, asked, context, info) {
      const [of] = (await probesOn(context, [layer], asked)) as [ProbeOfLayer];
      askAhead(probeQuestions, of, context, info);
      return judgedProbe(context, of);
    },
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
      async resolve(model, { layers, ...asked }, context, info) {
        const probes = await probesOn(context, layersAsked(model, layers), asked);
        for (const of of probes) askAhead(probeQuestions, of, context, info);
        return judgedProbes(context, probes);
      },
    }),
    probePlot: t.field({
      type: 'VegaLite',
      nullable: true,
      description:
        'AUC of the probes on the test rows, layer after layer: a line for each partition, and a dashed one over all rows.',
      args,
      async resolve(model, { layers, ...asked }, context) {
        const probes = await judgedProbes(context, await probesOn(context, layersAsked(model, layers), asked));
        return probePlot(
          probes.map(({ layer, answer }) => ({ layer: layer.name, result: answer.value })),
          titleOf(model),
        );
      },
    }),
  };
});
