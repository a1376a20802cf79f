import { type ProbeFit, type ProbeSpec, probe } from '../analysis/probes/probe.ts';
import { probeEvaluation } from '../analysis/probes/probe-scores.ts';
import type { EvaluationResult } from '../analysis/quality/evaluation.ts';
import { badUserInput, GlassgraphError } from '../errors.ts';
import type { Answer } from '../planner/question.ts';
import { ask, type RowsArgument } from '../questions/ask.ts';
import type { Questions } from './ahead.ts';
import type { Context } from './context.ts';
import { orNull } from './number.ts';
import type { ProbeAsked } from './probe-input.ts';
import type { LayerOfModel } from './references.ts';

/** An error about rows names them as the client does, who calls them `argument`; any other as it is. */
export function aboutRows(argument: 'train' | 'test', error: unknown): unknown {
  if (!(error instanceof GlassgraphError) || error.code !== 'BAD_USER_INPUT') return error;
  const { message, details } = error;
  if (!/^rows\b/.test(String(details.argument))) return error;
  const path = String(details.argument).replace('rows', argument);
  return badUserInput(path, `\`${argument}\`: ${message}`, { ...details, argument: path });
}

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
  ask(context, probeEvaluation, spec, {
    model: of.model,
    rows,
    others: { train: { model: of.model, rows: of.train } },
  });

const fitOf = (of: ProbeOfLayer, context: Context): Promise<Answer<ProbeFit>> =>
  ask(context, probe, specOf(of), { model: of.model, rows: of.train });

/**
 * The fit is a part of the judgement, and is asked beside it. Throws errors about either rows by the name that they have here: what
 * the fit fails of is about the training rows.
 */
export async function fittedAndJudged(
  of: ProbeOfLayer,
  context: Context,
): Promise<{ fit: ProbeFit; answer: Answer<EvaluationResult> }> {
  const [fit, answer] = await Promise.allSettled([fitOf(of, context), evaluationOn(of, of.test, specOf(of), context)]);
  if (fit.status === 'rejected') throw aboutRows('train', fit.reason);
  if (answer.status === 'rejected') throw aboutRows('test', answer.reason);
  return { fit: fit.value.value, answer: answer.value };
}

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
