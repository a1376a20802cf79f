import type { EvaluationResult } from '../analysis/evaluation.ts';
import type { ProbeFit, ProbeSpec } from '../analysis/probe.ts';
import type { Answer } from '../planner/question.ts';
import type { Questions } from './ahead.ts';
import { ask, type RowsArgument } from './ask.ts';
import type { Context } from './context.ts';
import { orNull } from './number.ts';
import type { ProbeAsked } from './probe-input.ts';
import type { LayerOfModel } from './references.ts';

/** A probe that can be asked about: on a layer, fitted on some rows and judged on others. */
export interface ProbeOfLayer extends LayerOfModel {
  readonly train: RowsArgument;
  readonly test: RowsArgument;
  readonly asked: ProbeAsked;
}

const specOf = ({ layer, asked }: ProbeOfLayer): ProbeSpec => ({ layer: layer.name, ...asked.spec });

const evaluationOn = (
  of: ProbeOfLayer,
  rows: RowsArgument,
  spec: ProbeSpec,
  context: Context,
): Promise<Answer<EvaluationResult>> =>
  ask(context, 'probeEvaluation', spec, of.model, rows, { train: { model: of.model, rows: of.train } });

export const testOf = (of: ProbeOfLayer, context: Context): Promise<Answer<EvaluationResult>> =>
  evaluationOn(of, of.test, specOf(of), context);

export const fitOf = (of: ProbeOfLayer, context: Context): Promise<Answer<ProbeFit>> =>
  ask(context, 'probe', specOf(of), of.model, of.train);

async function controlAuc(of: ProbeOfLayer, _: unknown, context: Context): Promise<number | null> {
  const { controlSeed } = of.asked;
  if (controlSeed === null) return null;
  return orNull((await evaluationOn(of, of.test, { ...specOf(of), controlSeed }, context)).value.auc);
}

/** Fields of a probe that are questions of their own. */
export const probeQuestions = {
  trainAuc: async (of, _, context) => orNull((await evaluationOn(of, of.train, specOf(of), context)).value.auc),
  controlAuc,
  selectivity: controlAuc,
} satisfies Questions<ProbeOfLayer>;
