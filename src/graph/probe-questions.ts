import type { EvaluationResult } from '../analysis/evaluation.ts';
import type { ProbeFit, ProbeSpec } from '../analysis/probe.ts';
import { badUserInput, GlassgraphError } from '../errors.ts';
import type { Answer } from '../planner/question.ts';
import type { Questions } from './ahead.ts';
import { ask, type RowsArgument } from './ask.ts';
import type { Context } from './context.ts';
import { orNull } from './number.ts';
import type { ProbeAsked } from './probe-input.ts';
import type { LayerOfModel } from './references.ts';

const isAboutRows = (error: unknown): error is GlassgraphError =>
  error instanceof GlassgraphError && error.code === 'BAD_USER_INPUT' && /^rows\b/.test(String(error.details.argument));

/** An error about rows names them as the client does, who calls them `argument`; any other as it is. */
export function aboutRows(argument: 'train' | 'test', error: unknown): unknown {
  if (!isAboutRows(error)) return error;
  const { message, details } = error;
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
  ask(context, 'probeEvaluation', spec, of.model, rows, { train: { model: of.model, rows: of.train } });

/** Throws errors about either rows by the name that they have here. */
export async function testOf(of: ProbeOfLayer, context: Context): Promise<Answer<EvaluationResult>> {
  try {
    return await evaluationOn(of, of.test, specOf(of), context);
  } catch (error) {
    if (!isAboutRows(error)) throw error;
    // The fit is about the training rows alone: it fails too when they are meant.
    await fitOf(of, context).catch((cause) => {
      throw aboutRows('train', cause);
    });
    throw aboutRows('test', error);
  }
}

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
