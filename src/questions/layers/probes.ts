import { type ProbeFit, type ProbeSpec, probe } from '../../analysis/probes/probe.ts';
import { probeEvaluation } from '../../analysis/probes/probe-scores.ts';
import type { EvaluationResult } from '../../analysis/quality/evaluation.ts';
import { selectRows } from '../../data/rows.ts';
import { badUserInput, GlassgraphError } from '../../errors.ts';
import type { Answer } from '../../planner/question.ts';
import type { DatasetRow } from '../../store/datasets.ts';
import type { Optional } from '../arguments.ts';
import { ask, datasetAsked, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { orNull } from '../or-null.ts';
import type { LayerOfModel, NeuronOfLayer } from '../structure.ts';
import { type ProbeAsked, type ProbeOptions, type ProbeTargetArgument, probeAsked } from './probe-spec.ts';

interface ProbeArguments {
  readonly train: RowsArgument;
  readonly test: RowsArgument;
  readonly target?: Optional<ProbeTargetArgument>;
  readonly options?: Optional<ProbeOptions>;
}

/** A probe that can be asked about: on a layer, fitted on some rows and judged on others. */
export interface ProbeOfLayer extends LayerOfModel {
  readonly train: RowsArgument;
  readonly test: RowsArgument;
  readonly asked: ProbeAsked;
}

export interface JudgedProbe extends ProbeOfLayer {
  readonly fit: ProbeFit;
  /** On the test rows. */
  readonly answer: Answer<EvaluationResult>;
}

/** The same probe on each of these layers. Throws NOT_FOUND and BAD_USER_INPUT naming the argument. */
export async function probesOn(
  asker: Asker,
  layers: readonly LayerOfModel[],
  { train, test, target, options }: ProbeArguments,
): Promise<ProbeOfLayer[]> {
  const datasets = { train: await datasetOf(asker, 'train', train), test: await datasetOf(asker, 'test', test) };
  const asked = probeAsked(target, options, datasets);
  return layers.map((layer) => ({ ...layer, train, test, asked }));
}

async function datasetOf(asker: Asker, argument: 'train' | 'test', rows: RowsArgument): Promise<DatasetRow> {
  const dataset = await datasetAsked(asker, rows);
  const partitions = dataset.partitions.map(({ name }) => name);
  try {
    selectRows(dataset, partitions, rows);
  } catch (error) {
    throw aboutRows(argument, error);
  }
  return dataset;
}

/** An error about rows names them as the client does, who calls them `argument`; any other as it is. */
function aboutRows(argument: 'train' | 'test', error: unknown): unknown {
  if (!(error instanceof GlassgraphError) || error.code !== 'BAD_USER_INPUT') return error;
  const { message, details } = error;
  if (!/^rows\b/.test(String(details.argument))) return error;
  const path = String(details.argument).replace('rows', argument);
  return badUserInput(path, `\`${argument}\`: ${message}`, { ...details, argument: path });
}

const specOf = ({ layer, asked }: ProbeOfLayer): ProbeSpec => ({ layer: layer.name, ...asked.spec });

const evaluationOn = (
  asker: Asker,
  of: ProbeOfLayer,
  rows: RowsArgument,
  spec: ProbeSpec,
): Promise<Answer<EvaluationResult>> =>
  ask(asker, probeEvaluation, spec, {
    model: of.model,
    rows,
    others: { train: { model: of.model, rows: of.train } },
  });

const fitOf = (asker: Asker, of: ProbeOfLayer): Promise<Answer<ProbeFit>> =>
  ask(asker, probe, specOf(of), { model: of.model, rows: of.train });

/**
 * Fitted and judged. The fit is a part of the judgement, and is asked beside it. Throws errors about either rows by the name that they
 * have here: what the fit fails of is about the training rows.
 */
export async function judgedProbe(asker: Asker, of: ProbeOfLayer): Promise<JudgedProbe> {
  const asked = [fitOf(asker, of), evaluationOn(asker, of, of.test, specOf(of))] as const;
  const [fit, answer] = await Promise.allSettled(asked);
  if (fit.status === 'rejected') throw aboutRows('train', fit.reason);
  if (answer.status === 'rejected') throw aboutRows('test', answer.reason);
  return { ...of, fit: fit.value.value, answer: answer.value };
}

/** All of them, in shared passes. Throws the error of one that has none, and names those that have one. */
export async function judgedProbes(asker: Asker, chosen: readonly ProbeOfLayer[]): Promise<JudgedProbe[]> {
  const probes = await Promise.all(chosen.map((of) => judgedProbe(asker, of).catch(errorOf)));
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

/** Null with a single class. */
export const trainAucOf = async (asker: Asker, of: ProbeOfLayer): Promise<number | null> =>
  orNull((await evaluationOn(asker, of, of.train, specOf(of))).value.auc);

/** On the test rows, of the same probe on shuffled labels; null without a control. */
export async function controlAucOf(asker: Asker, of: ProbeOfLayer): Promise<number | null> {
  const { controlSeed } = of.asked;
  if (controlSeed === null) return null;
  return orNull((await evaluationOn(asker, of, of.test, { ...specOf(of), controlSeed })).value.auc);
}

/** What the probe knows beyond what it can learn by heart: its AUC minus the control's. */
export async function selectivityOf(asker: Asker, of: JudgedProbe): Promise<number | null> {
  const control = await controlAucOf(asker, of);
  return control === null ? null : orNull(of.answer.value.auc - control);
}

export interface ProbeWeight extends NeuronOfLayer {
  /** Of the standardised unit. */
  readonly weight: number;
}

/** By absolute weight, largest first, ties by index. */
export function weightsOf({ model, layer, fit }: JudgedProbe, first: number): ProbeWeight[] {
  const weights = Array.from(fit.weights.subarray(0, -1), (weight, unit) => ({ model, layer, unit, weight }));
  return weights.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.unit - b.unit).slice(0, first);
}

/** The logit where every unit has its mean. */
export const interceptOf = ({ fit }: JudgedProbe): number => fit.weights.at(-1) as number;
