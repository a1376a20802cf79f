import type { ModelGraph } from '../compute/graph.ts';
import type { TensorSpec } from '../compute/tensor.ts';
import { badUserInput, bindingMismatch } from '../errors.ts';
import { similarTo, suggestion } from '../similar.ts';
import type { FeatureBinding, Manifest, ScoreBinding } from './manifest.ts';
import { parseManifest, type RawFeature, type RawManifest } from './manifest-schema.ts';
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
 * that the model does not have, and for slots of its inputs that are bound twice or never.
 */
export async function resolveManifest(graph: ModelGraph, raw: unknown, files: VocabularyFiles): Promise<Manifest> {
  const manifest: RawManifest = raw == null ? {} : parseManifest(raw);
  const score = resolveScore(graph, manifest.score);
  const features = (manifest.features ?? featuresOfInputs(graph)).map((feature, at) =>
    resolveFeature(graph, feature, at),
  );
  assertNamesDiffer(features);
  assertSlots(graph.inputs, features);
  const vocabularies: Record<string, string> = {};
  for (const name of new Set(features.flatMap((feature) => ('vocabulary' in feature ? [feature.vocabulary] : [])))) {
    vocabularies[name as string] = await keep(name as string, files);
  }
  return { score, features, vocabularies };
}

async function keep(name: string, { readFile, home }: VocabularyFiles): Promise<string> {
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
  const width = rowWidth(output.shape);
  if (width !== null && index >= width) {
    throw bindingMismatch(`The score's index is ${index}, and the output “${output.name}” has ${width} values a row.`, {
      output: output.name,
    });
  }
  const inGraph = graph.logits.find((logit) => logit.output === output.name && logit.index === index);
  const space = raw?.space ?? (inGraph && 'PROBABILITY');
  if (space === undefined) {
    throw bindingMismatch(
      `Nothing in the model says what its output “${output.name}” is. Register it with a manifest whose score has a space: PROBABILITY, LOGIT or VALUE.`,
      { output: output.name },
    );
  }
  if (raw?.logit !== undefined) named(graph.tensors, raw.logit, 'tensor', 'The score’s logit');
  const logit = raw?.logit ?? (space === 'PROBABILITY' ? inGraph?.tensor : undefined);
  return {
    output: output.name,
    index,
    space,
    ...(logit !== undefined && { logit }),
    ...(raw?.negativeSampling !== undefined && { negativeSampling: raw.negativeSampling }),
  };
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
  throw bindingMismatch(
    `${whose} names the ${kind} “${name}”, which the model does not have.${suggestion(name, names)}`,
    {
      [kind]: name,
      similar: similarTo(name, names),
    },
  );
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
  const missing = raw.missing === undefined ? {} : { missing: raw.missing };
  if (kind === 'NUMERIC') {
    assertTransforms(raw, `input.manifest.features[${at}].transform`);
    return { ...slot, kind, ...missing, ...(raw.transform !== undefined && { transform: raw.transform }) };
  }
  const { vocabulary, offset = 0 } = raw;
  const ids = { ...slot, ...(vocabulary !== undefined && { vocabulary, offset }), ...missing };
  if (kind === 'CATEGORICAL') return { ...ids, kind };
  const length = raw.length ?? (width === null ? undefined : width - index);
  if (length === undefined || length < 1) {
    throw bindingMismatch(`${whose} needs a length: the input “${input.name}” does not give it one.`, {
      feature: name,
    });
  }
  return kind === 'SEQUENCE' ? { ...ids, kind, length, padding: raw.padding ?? 0 } : { ...slot, kind, length };
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
