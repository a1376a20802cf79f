import { type ModelGraph, takesTexts } from '../../compute/graph.ts';
import type { TensorSpec } from '../../compute/tensor.ts';
import { badUserInput, bindingMismatch } from '../../errors.ts';
import { suggestionFor } from '../../similar.ts';
import { idLimits } from './carriers.ts';
import type {
  CategoricalFeature,
  FeatureBinding,
  Manifest,
  ScoreBinding,
  SequenceFeature,
  TargetBinding,
} from './manifest.ts';
import { assertOwnIds } from './own-ids.ts';
import { parseManifest, type RawFeature, type RawManifest, type RawTarget } from './schema.ts';
import { assertSlots, dtypeOf, rowWidth } from './slots.ts';
import { keepVocabulary } from './vocabulary.ts';

/** Where a manifest's vocabularies come from, and below which home they are kept. */
export interface VocabularyFiles {
  /** Text of a file beside the model, by its name; rejects when there is none. */
  readFile(name: string): Promise<string>;
  readonly home: string;
}

/**
 * The complete manifest of a model. `raw` is the client's JSON; without it, inputs of one value a row are bound to
 * columns of their names.
 * Throws BAD_USER_INPUT for what docs/manifest.schema.json does not allow and for bad vocabularies; BINDING_MISMATCH for names
 * that the model does not have, for slots of its inputs that are bound twice or never, and for ids of its own beyond a table.
 */
export async function resolveManifest(graph: ModelGraph, raw: unknown, files: VocabularyFiles): Promise<Manifest> {
  const manifest: RawManifest = raw == null ? {} : parseManifest(raw);
  const score = resolveScore(graph, manifest.score);
  const targets = resolveTargets(graph, manifest.targets ?? [], score);
  const features = (manifest.features ?? featuresOfInputs(graph)).map((feature, at) =>
    resolveFeature(graph, feature, at),
  );
  assertNamesDiffer(features);
  assertSlots(graph.inputs, features);
  const vocabularies: Record<string, string> = {};
  const entryCounts: Record<string, number> = {};
  for (const name of new Set(features.flatMap((feature) => vocabularyOf(feature) ?? []))) {
    const { digest, entryCount } = await keep(name, files);
    vocabularies[name] = digest;
    entryCounts[name] = entryCount;
  }
  const limits = idLimits(graph, { features });
  for (const feature of features)
    assertOwnIds(
      feature,
      entryCounts[vocabularyOf(feature) ?? ''] ?? 0,
      limits[feature.name] ?? Number.MAX_SAFE_INTEGER,
    );
  return { score, ...(targets.length > 0 && { targets }), features, vocabularies };
}

const vocabularyOf = (feature: FeatureBinding): string | undefined =>
  'vocabulary' in feature ? feature.vocabulary : undefined;

async function keep(name: string, { readFile, home }: VocabularyFiles): ReturnType<typeof keepVocabulary> {
  if (/[/\\]/.test(name) || name.startsWith('.')) {
    throw badUserInput(
      'input.manifest',
      `The vocabulary “${name}” must be the name of a file beside the model, not a path.`,
    );
  }
  const text = await readFile(name).catch(() => {
    throw badUserInput('input.manifest', `The vocabulary “${name}” is not beside the model. Put the file there.`);
  });
  return keepVocabulary(home, name, text);
}

function resolveScore(graph: ModelGraph, raw: RawManifest['score']): ScoreBinding {
  const output = raw === undefined ? onlyOutput(graph) : named(graph.outputs, raw.output, 'output', 'The score');
  const index = raw?.index ?? 0;
  assertElement(output, index, 'The score');
  const inGraph = graph.logits.find((logit) => logit.output === output.name && logit.index === index);
  const space = raw?.space ?? (inGraph && 'PROBABILITY');
  if (space === undefined) {
    throw bindingMismatch(
      `Nothing in the model says what its output “${output.name}” is. Register it with a manifest whose score has a space: PROBABILITY, LOGIT or VALUE.`,
      { output: output.name },
    );
  }
  if (raw?.logit !== undefined) named(graph.tensors, raw.logit, 'tensor', 'The score’s logit');
  const logit = raw?.logit ?? (space === 'PROBABILITY' && !inGraph?.classes ? inGraph?.tensor : undefined);
  return {
    output: output.name,
    index,
    space,
    ...(logit !== undefined && { logit }),
    ...(raw?.negativeSampling !== undefined && { negativeSampling: raw.negativeSampling }),
  };
}

function assertElement({ name, shape }: TensorSpec, index: number, whose: string): void {
  const width = rowWidth(shape);
  if (width === null || index < width) return;
  throw bindingMismatch(`${whose}’s index is ${index}, and the output “${name}” has ${width} values a row.`, {
    output: name,
  });
}

function resolveTargets(graph: ModelGraph, raw: readonly RawTarget[], score: ScoreBinding): TargetBinding[] {
  return raw.map(({ output, index = 0, space = score.space, logit, label }, at) => {
    const whose = `Target ${at}`;
    assertElement(named(graph.outputs, output, 'output', whose), index, whose);
    if (logit !== undefined) named(graph.tensors, logit, 'tensor', `${whose}’s logit`);
    const isSame = (other: { output: string; index?: number }) =>
      other.output === output && (other.index ?? 0) === index;
    const argument = `input.manifest.targets[${at}]`;
    if (raw.findIndex(isSame) < at)
      throw badUserInput(argument, `${whose} is element ${index} of “${output}”, as another is. Say it once.`);
    if (isSame(score) && space !== score.space)
      throw badUserInput(
        argument,
        `${whose} is the score, whose space is ${score.space}, and says ${space}. Say it once.`,
      );
    return { output, index, space, ...(logit !== undefined && { logit }), ...(label !== undefined && { label }) };
  });
}

function onlyOutput({ outputs }: ModelGraph): TensorSpec {
  const [output] = outputs as [TensorSpec];
  if (outputs.length === 1 && rowWidth(output.shape) === 1) return output;
  const names = outputs.map(({ name, shape }) => `“${name}” [${shape.map((dim) => dim ?? '?').join(', ')}]`).join(', ');
  throw bindingMismatch(
    `The model has more than one value a row: ${names}. Register it with a manifest whose score names output and index.`,
    { outputs: outputs.map(({ name }) => name) },
  );
}

function named(tensors: readonly TensorSpec[], name: string, kind: string, whose: string): TensorSpec {
  const found = tensors.find((tensor) => tensor.name === name);
  if (found !== undefined) return found;
  const names = tensors.map((tensor) => tensor.name);
  const { words, data } = suggestionFor(name, names);
  throw bindingMismatch(`${whose} names the ${kind} “${name}”, which the model does not have.${words}`, {
    [kind]: name,
    ...data,
  });
}

/** Whole numbers are taken for ids. */
function featuresOfInputs({ inputs }: ModelGraph): RawFeature[] {
  return inputs.map(({ name, dtype, shape }) => {
    if (rowWidth(shape) === 1) return { name, kind: /^(float|double)/.test(dtype) ? 'NUMERIC' : 'CATEGORICAL' };
    throw bindingMismatch(
      `The input “${name}” has more than one value a row, so it cannot be bound to a column of its name. Register the model with a manifest that lists its features.`,
      { input: name },
    );
  });
}

function resolveFeature(graph: ModelGraph, raw: RawFeature, at: number): FeatureBinding {
  const { name, kind, column = name } = raw;
  const whose = `The feature “${name}”`;
  const input = named(graph.inputs, inputName(graph, raw), 'input', whose);
  const width = rowWidth(input.shape);
  if (raw.index === undefined && width !== 1 && (kind === 'NUMERIC' || kind === 'CATEGORICAL')) {
    throw bindingMismatch(`${whose} needs an index: the input “${input.name}” has more than one value a row.`, {
      feature: name,
      input: input.name,
    });
  }
  dtypeOf(input, name);
  const { index = 0, group } = raw;
  const slot = { name, column, input: input.name, index, ...(group !== undefined && { group }) };
  if (takesTexts(graph, input.name)) return resolveText(slot, raw);
  const missing = missingOf(raw, input.name);
  if (kind === 'NUMERIC') {
    assertTransforms(raw, `input.manifest.features[${at}].transform`);
    return { ...slot, kind, ...missing, ...(raw.transform !== undefined && { transform: raw.transform }) };
  }
  const { vocabulary, hash, offset = 0 } = raw;
  const lookup = {
    ...(vocabulary !== undefined && { vocabulary, offset }),
    ...(hash !== undefined && { hash, offset }),
  };
  const ids = { ...slot, ...lookup, ...missing };
  if (kind === 'CATEGORICAL') return { ...ids, kind };
  if (kind === 'SEQUENCE' && raw.offsetsInput !== undefined) return { ...ids, kind, ...resolveBag(graph, raw, input) };
  // What begins beyond the end is told of as that.
  const length = raw.length ?? (width === null ? undefined : Math.max(1, width - index));
  if (length === undefined || length < 1) {
    throw bindingMismatch(`${whose} needs a length: the input “${input.name}” does not give it one.`, {
      feature: name,
    });
  }
  if (kind === 'EMBEDDING') return { ...slot, kind, length };
  return { ...ids, kind, length, padding: raw.padding ?? 0, ...resolveLength(graph, raw, input) };
}

/** An input of texts takes them as they are, one a slot: the model itself looks them up. */
function resolveText(slot: Omit<CategoricalFeature, 'kind'>, raw: RawFeature): CategoricalFeature {
  const { name, input } = slot;
  const refused = (what: string) =>
    bindingMismatch(`The feature “${name}” ${what}, and its input “${input}” takes texts as they are. ${asText}`, {
      feature: name,
      input,
    });
  if (raw.kind !== 'CATEGORICAL') throw refused(`is ${raw.kind}`);
  if (raw.vocabulary !== undefined || raw.hash !== undefined)
    throw refused(`has a ${raw.hash === undefined ? 'vocabulary' : 'hash'}`);
  return { ...slot, kind: raw.kind, ...(raw.missing !== undefined && { missing: String(raw.missing) }) };
}

const asText =
  'Bind it as CATEGORICAL to a column of texts, numbers or booleans, each slot by a feature with an index of its own, without vocabulary and hash.';

/** Of an input that takes what is counted, and no values. */
function assertNumbers(graph: ModelGraph, input: TensorSpec, feature: string): void {
  if (takesTexts(graph, input.name))
    throw bindingMismatch(
      `The feature “${feature}” gives numbers to the input “${input.name}”, which takes texts. Name the input that takes numbers.`,
      { feature, input: input.name },
    );
  dtypeOf(input, feature);
}

/** What a null becomes where numbers are taken. */
function missingOf({ name, missing }: RawFeature, input: string): { missing?: number } {
  if (typeof missing === 'string')
    throw bindingMismatch(
      `The feature “${name}” has the text “${missing}” for nulls, and its input “${input}” takes numbers. Say its id as “missing”.`,
      { feature: name, input },
    );
  return missing === undefined ? {} : { missing };
}

/** Where a sequence's true length goes, if the model takes it. */
function resolveLength(
  graph: ModelGraph,
  { name, lengthInput, lengthIndex }: RawFeature,
  input: TensorSpec,
): Pick<SequenceFeature, 'lengthInput' | 'lengthIndex'> {
  if (lengthInput === undefined && lengthIndex === undefined) return {};
  const whose = `The length of the feature “${name}”`;
  const taking = lengthInput === undefined ? input : named(graph.inputs, lengthInput, 'input', whose);
  assertNumbers(graph, taking, name);
  if (lengthIndex === undefined && rowWidth(taking.shape) !== 1)
    throw bindingMismatch(`${whose} needs a lengthIndex: the input “${taking.name}” has more than one value a row.`, {
      feature: name,
      input: taking.name,
    });
  return { lengthInput: taking.name, lengthIndex: lengthIndex ?? 0 };
}

/** A bag has an input of its own for ids and one for offsets, both of one axis; nothing is padded and no length is taken. */
function resolveBag(
  graph: ModelGraph,
  { name, index, length, padding, lengthInput, lengthIndex, offsetsInput, includeLastOffset }: RawFeature,
  input: TensorSpec,
): Pick<SequenceFeature, 'length' | 'padding' | 'offsetsInput' | 'includeLastOffset'> {
  const unused = Object.entries({ index, length, padding, lengthInput, lengthIndex }).find(
    ([, value]) => value !== undefined,
  );
  if (unused !== undefined)
    throw badUserInput(
      'input.manifest.features',
      `The feature “${name}” has offsets, so it cannot have “${unused[0]}”. Leave it out.`,
    );
  const offsets = named(graph.inputs, offsetsInput as string, 'input', `The feature “${name}”`);
  for (const { name: taking, shape } of [input, offsets])
    if (shape.length !== 1)
      throw bindingMismatch(
        `The feature “${name}” is a list of any length, so its inputs have one axis; “${taking}” has ${shape.length}.`,
        { feature: name, input: taking },
      );
  assertNumbers(graph, offsets, name);
  return { length: 1, padding: 0, offsetsInput: offsets.name, ...(includeLastOffset && { includeLastOffset }) };
}

/** The input that a feature means without naming it: the only one, or the one of its own name. */
function inputName({ inputs }: ModelGraph, { name, input }: RawFeature): string {
  return input ?? (inputs.length === 1 ? (inputs[0]?.name as string) : name);
}

function assertTransforms({ name, transform = [] }: RawFeature, argument: string): void {
  for (const step of transform) {
    if ('clip' in step && step.clip.low > step.clip.high) {
      throw badUserInput(argument, `The feature “${name}” is clipped to a range whose low end is above its high end.`);
    }
    if ('bucketize' in step && step.bucketize.edges.some((edge, at, edges) => edge <= (edges[at - 1] ?? -Infinity))) {
      throw badUserInput(argument, `The feature “${name}” is cut at edges that do not ascend.`);
    }
  }
}

function assertNamesDiffer(features: readonly FeatureBinding[]): void {
  const names = features.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  throw badUserInput(
    'input.manifest.features',
    `Two features are called “${twice}”. Give every feature a name of its own.`,
  );
}
