import type {
  FeatureIntervention,
  Intervention,
  UnitsIntervention,
} from '../../analysis/interventions/intervention.ts';
import type { EncodedRow } from '../../data/batches/string-table.ts';
import { encodedRow } from '../../data/batches/written-rows.ts';
import type { FeatureBinding } from '../../data/manifest/manifest.ts';
import { loadVocabularies } from '../../data/manifest/vocabulary.ts';
import { badUserInput, GlassgraphError, unsupportedByExecutor } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import { suggestionFor } from '../../similar.ts';
import type { ModelRow } from '../../store/models.ts';
import type { Optional } from '../arguments.ts';
import type { Asker } from '../asker.ts';
import { featurePosition, groupsOf, layerAsked, titleOf } from '../structure.ts';

export const interventionModes = ['SET', 'MEAN', 'SCALE', 'SHUFFLE'] as const;
export type InterventionMode = (typeof interventionModes)[number];

interface NeuronArgument {
  readonly layer: string;
  /** All of the layer's when left out. */
  readonly indices?: Optional<readonly number[]>;
  readonly mode?: Optional<InterventionMode>;
  readonly value?: Optional<number>;
}

interface FeatureArgument {
  readonly name: string;
  readonly mode?: Optional<InterventionMode>;
  /** Raw, as in a dataset; null is a value. */
  readonly value?: unknown;
}

interface GroupArgument {
  readonly name: string;
  readonly mode?: Optional<InterventionMode>;
}

/** One of these. */
export interface InterventionArgument {
  readonly neurons?: Optional<NeuronArgument>;
  readonly feature?: Optional<FeatureArgument>;
  readonly group?: Optional<GroupArgument>;
}

/**
 * In the order of the model, features first, so that it does not matter in which order they were written. Throws BAD_USER_INPUT naming
 * the argument: for what the model does not have, for what is changed twice, for a value that is missing, too much, or cannot be taken.
 */
export async function interventionsOf(
  asker: Asker,
  model: ModelRow,
  set: readonly InterventionArgument[],
): Promise<readonly Intervention[]> {
  if (set.length === 0 || set.length > analysisLimits.interventionCount)
    throw badUserInput(
      'set',
      `\`set\` has ${set.length} interventions; there must be one at least, and ${analysisLimits.interventionCount} at most.`,
    );
  const found = await Promise.all(set.map((one, at) => interventionsBy(asker, model, one, `set[${at}]`)));
  assertOnce(model, found);
  const order = (one: Intervention): number[] => placeOf(model, one);
  return found.flat().toSorted((a, b) => compare(order(a), order(b)));
}

async function interventionsBy(
  asker: Asker,
  model: ModelRow,
  { neurons, feature, group }: InterventionArgument,
  argument: string,
): Promise<readonly Intervention[]> {
  if (neurons != null) return [ofNeurons(model, neurons, `${argument}.neurons`)];
  if (feature != null) return [await ofFeature(asker, model, feature, `${argument}.feature`)];
  if (group != null) return ofGroup(model, group, `${argument}.group`);
  throw badUserInput(argument, `\`${argument}\` says nothing: give \`neurons\`, \`feature\` or \`group\`.`);
}

function ofNeurons(model: ModelRow, asked: NeuronArgument, argument: string): UnitsIntervention {
  if (model.graph.capabilities?.interventions === false)
    throw unsupportedByExecutor(
      `The model ${titleOf(model)} is run as a whole: what its neurons give cannot be replaced. Intervene on features or groups, or export it as ONNX or for TensorFlow.js.`,
    );
  const { layer } = layerAsked(model, asked.layer, `${argument}.layer`);
  const units = unitsAsked(asked, layer, `${argument}.indices`);
  const of = { of: 'UNITS', layer: layer.name, ...(units && { units }) } as const;
  const mode = asked.mode ?? 'SET';
  if (mode === 'MEAN' || mode === 'SHUFFLE') {
    if (asked.value != null) throw needless(mode, argument);
    return { ...of, mode };
  }
  return { ...of, mode, value: numberFor(mode, asked.value, argument) };
}

/** Ascending; undefined where they are all of the layer's. */
function unitsAsked(
  { indices }: NeuronArgument,
  { name, units }: { readonly name: string; readonly units: number },
  argument: string,
): readonly number[] | undefined {
  if (indices == null) return undefined;
  if (indices.length === 0)
    throw badUserInput(argument, `\`${argument}\` is empty: name a neuron, or leave it out for all of the layer.`);
  const bad = indices.find((index) => index < 0 || index >= units);
  if (bad !== undefined)
    throw badUserInput(
      argument,
      `\`${argument}\`: the layer “${name}” has no neuron ${bad}; its last is ${units - 1}.`,
    );
  const twice = indices.find((index, at) => indices.indexOf(index) !== at);
  if (twice !== undefined) throw badUserInput(argument, `\`${argument}\` has neuron ${twice} twice.`);
  return indices.length === units ? undefined : indices.toSorted((a, b) => a - b);
}

/** A number that float32 holds. */
function numberFor(mode: 'SET' | 'SCALE', value: unknown, argument: string): number {
  if (value == null) throw lacking(mode, argument);
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
  throw badUserInput(
    `${argument}.value`,
    `\`${argument}.value\` is ${JSON.stringify(value).slice(0, 100)}; it must be a number, and one that float32 holds.`,
  );
}

async function ofFeature(
  asker: Asker,
  model: ModelRow,
  asked: FeatureArgument,
  argument: string,
): Promise<FeatureIntervention> {
  const at = featurePosition(model, asked.name, `${argument}.name`);
  const feature = model.manifest.features[at] as FeatureBinding;
  const mode = asked.mode ?? 'SET';
  switch (mode) {
    case 'SET':
      if (asked.value === undefined) throw lacking(mode, argument);
      return { of: 'FEATURE', feature: at, mode, row: await rowOf(asker, model, feature, asked.value, argument) };
    case 'SCALE':
      assertNumeric(feature, mode, argument);
      return {
        of: 'FEATURE',
        feature: at,
        column: feature.column,
        mode,
        value: numberFor(mode, asked.value, argument),
      };
    case 'MEAN':
      if (asked.value !== undefined) throw needless(mode, argument);
      assertNumeric(feature, mode, argument);
      return { of: 'FEATURE', feature: at, column: feature.column, mode };
    case 'SHUFFLE':
      if (asked.value !== undefined) throw needless(mode, argument);
      return { of: 'FEATURES', features: [at], mode };
  }
}

/** As the model takes it, so that equal values are one, however they were written. */
async function rowOf(
  asker: Asker,
  { graph, manifest }: ModelRow,
  feature: FeatureBinding,
  value: unknown,
  argument: string,
): Promise<EncodedRow> {
  try {
    const vocabularies = await loadVocabularies(asker.home, manifest);
    return await encodedRow(value, feature, graph, manifest, vocabularies);
  } catch (error) {
    if (!(error instanceof GlassgraphError) || error.code !== 'BINDING_MISMATCH') throw error;
    const message = error.message.replaceAll(`rows[0].${feature.name}`, `${argument}.value`);
    throw badUserInput(`${argument}.value`, `\`${argument}.value\`: ${message}`, { feature: feature.name, value });
  }
}

function ofGroup(model: ModelRow, { name, mode: asked }: GroupArgument, argument: string): FeatureIntervention[] {
  const names = groupsOf(model).map(({ group }) => group);
  if (!names.includes(name)) {
    const { words, data } = suggestionFor(name, names);
    throw badUserInput(`${argument}.name`, `\`${argument}.name\`: the model has no group “${name}”.${words}`, data);
  }
  const mode = asked ?? 'SHUFFLE';
  const features = model.manifest.features.flatMap((feature, at) => (feature.group === name ? [{ feature, at }] : []));
  switch (mode) {
    case 'SHUFFLE':
      return [{ of: 'FEATURES', features: features.map(({ at }) => at), mode }];
    case 'MEAN':
      return features.map(({ feature, at }) => {
        assertNumeric(feature, mode, argument);
        return { of: 'FEATURE', feature: at, column: feature.column, mode };
      });
    default:
      throw badUserInput(
        `${argument}.mode`,
        `\`${argument}.mode\` is ${mode}, and a group has no value of its own: ask for SHUFFLE or MEAN, or for ${mode} of each \`feature\`.`,
      );
  }
}

function assertNumeric({ name, kind }: FeatureBinding, mode: InterventionMode, argument: string): void {
  if (kind === 'NUMERIC') return;
  throw badUserInput(
    `${argument}.mode`,
    `\`${argument}.mode\`: ${mode} is for numbers, and the feature “${name}” is ${kind}. Ask for SET or SHUFFLE.`,
    { feature: name },
  );
}

const lacking = (mode: InterventionMode, argument: string) =>
  badUserInput(`${argument}.value`, `\`${argument}.value\` is missing: ${mode} needs it.`);

const needless = (mode: InterventionMode, argument: string) =>
  badUserInput(
    `${argument}.value`,
    `\`${argument}.value\`: ${mode} takes none. Leave it out, or ask for SET or SCALE.`,
  );

/** Of two interventions on one thing, nobody could say which holds. */
function assertOnce(model: ModelRow, found: readonly (readonly Intervention[])[]): void {
  const seen = new Set<string>();
  for (const [at, own] of found.entries())
    for (const what of own.flatMap((one) => changedBy(model, one))) {
      if (seen.has(what))
        throw badUserInput(`set[${at}]`, `\`set[${at}]\` changes ${what}, which another one changes, too.`);
      seen.add(what);
    }
}

function changedBy({ graph, manifest }: ModelRow, one: Intervention): string[] {
  if (one.of === 'UNITS') {
    const { name, units: count } = graph.layers.find(({ name }) => name === one.layer) as {
      name: string;
      units: number;
    };
    const units = one.units ?? Array.from({ length: count }, (_, unit) => unit);
    return units.map((unit) => `neuron ${unit} of the layer “${name}”`);
  }
  const features = one.of === 'FEATURES' ? one.features : [one.feature];
  return features.map((at) => `the feature “${manifest.features[at]?.name}”`);
}

function placeOf({ graph }: ModelRow, one: Intervention): number[] {
  if (one.of === 'UNITS')
    return [
      1,
      graph.layers.findIndex(({ name }) => name === one.layer),
      one.units === undefined ? 0 : (one.units[0] as number),
    ];
  return [0, one.of === 'FEATURES' ? (one.features[0] as number) : one.feature, 0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, place) => value !== b[place]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}
