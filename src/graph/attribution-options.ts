import { ofWrittenRow } from '../analysis/attributions/baseline.ts';
import type { AttributionSpec, Baseline, AttributionMethod as Method } from '../analysis/attributions/method.ts';
import { optionsOf } from '../analysis/attributions/options.ts';
import type { Target } from '../analysis/target.ts';
import { type WrittenRow, writtenBatch } from '../data/batches/written-rows.ts';
import { loadVocabularies } from '../data/manifest/vocabulary.ts';
import { badUserInput, GlassgraphError } from '../errors.ts';
import { attributionLimits } from '../limits.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { BaselineKind } from './enums.ts';
import { RowsInput } from './rows-input.ts';

const BaselineInput = builder.inputType('BaselineInput', {
  isOneOf: true,
  description:
    'Where methods with a baseline start. `kind`: ZERO is the zero carrier (for ids, the zero embedding; numbers as the model takes them), MEAN the mean carrier over the selected rows, MISSING what the manifest gives a missing value. `rows`: drawn from other rows, for GRADIENT_SHAP.',
  fields: (t) => ({
    kind: t.field({ type: BaselineKind, description: 'One that needs no more words.' }),
    values: t.field({
      type: 'JSON',
      description: 'Raw values by feature name, as in a dataset; features left out are at their missing value.',
    }),
    rows: t.field({
      type: RowsInput,
      description:
        'Of GRADIENT_SHAP: one of these rows for each sample, drawn by the options’ seed. Of more than 1,000 (fewer where the carriers of one are more than 4,194 numbers) so many are drawn first, by the rows’ own seed.',
    }),
  }),
});

export const AttributionOptions = builder.inputType('AttributionOptions', {
  description:
    'ZERO baseline, 50 steps and seed 0 unless said otherwise. An option that the method does not have is BAD_USER_INPUT.',
  fields: (t) => ({
    baseline: t.field({
      type: BaselineInput,
      description:
        'Of all but SALIENCY, INPUT_X_GRADIENT, SMOOTHGRAD, SMOOTHGRAD_SQUARED, VARGRAD and FEATURE_PERMUTATION.',
    }),
    steps: t.int({ description: 'Of INTEGRATED_GRADIENTS: nodes of the integral, from 1 to 1,000.' }),
    samples: t.int({
      description:
        'Of SMOOTHGRAD, SMOOTHGRAD_SQUARED, VARGRAD and GRADIENT_SHAP, 25 unless said; permutations of SHAPLEY_SAMPLING, 25, and FEATURE_PERMUTATION, 1. From 1 to 1,000.',
    }),
    noise: t.float({
      description:
        'Standard deviation of the Gaussian noise on each element of a carrier: of SMOOTHGRAD, SMOOTHGRAD_SQUARED and VARGRAD, 0.1 unless said, and of GRADIENT_SHAP, 0.',
    }),
    seed: t.int({ description: 'Of the methods with samples: the same seed, the same numbers.' }),
  }),
});

export interface AskedMethod {
  readonly method?: Method | null | undefined;
  readonly options?: typeof AttributionOptions.$inferInput | null | undefined;
  /** What the client asked for, where that is no method. */
  readonly called?: string;
}

/** With the defaults filled in. Throws BAD_USER_INPUT for an option that the method does not have, and for one that is out of range. */
export async function attributionSpec(
  model: ModelRow,
  asked: AskedMethod,
  fallback: Method,
  target: Target,
  context: Context,
): Promise<AttributionSpec> {
  const method = asked.method ?? fallback;
  const defaults = optionsOf[method];
  const given = Object.entries(asked.options ?? {}).filter(([, value]) => value != null);
  for (const [name] of given) if (!(name in defaults)) throw lacking(asked.called ?? method, name);
  const { baseline, steps, samples, noise, seed } = { ...asked.options };
  const start = baseline == null ? undefined : await baselineOf(model, asked.called ?? method, baseline, context);
  return {
    method,
    target,
    ...only('steps', defaults.steps, (value) =>
      wholeBetween('options.steps', steps ?? value, 1, attributionLimits.stepCount),
    ),
    ...only('samples', defaults.samples, (value) =>
      wholeBetween('options.samples', samples ?? value, 1, attributionLimits.sampleCount),
    ),
    ...only('noise', defaults.noise, (value) => noiseOf(noise ?? value)),
    ...only('seed', defaults.seed, (value) => seed ?? value),
    ...(start === undefined ? {} : { baseline: start }),
  };
}

const only = (name: string, fallback: number | undefined, choose: (fallback: number) => number) =>
  fallback === undefined ? {} : { [name]: choose(fallback) };

function lacking(asked: string, option: string): GlassgraphError {
  const having = (Object.keys(optionsOf) as Method[]).filter((other) => option in optionsOf[other]);
  return badUserInput(
    `options.${option}`,
    `${asked} has no \`options.${option}\`. Leave it out, or ask for ${having.join(', ')}.`,
  );
}

function noiseOf(noise: number): number {
  if (noise >= 0 && noise <= attributionLimits.noise) return noise;
  throw badUserInput(
    'options.noise',
    `\`options.noise\` is ${noise}; a standard deviation lies between 0 and ${attributionLimits.noise.toLocaleString('en')}.`,
  );
}

async function baselineOf(
  model: ModelRow,
  asked: string,
  { kind, values, rows }: typeof BaselineInput.$inferInput,
  context: Context,
): Promise<Baseline | undefined> {
  if (rows != null) return drawnFor(asked);
  if (kind === 'ZERO') return undefined;
  if (kind === 'MEAN') return { kind };
  if (kind === 'MISSING') return writtenBaseline(model, {}, 'options.baseline.kind', context);
  return writtenBaseline(model, values as WrittenRow, 'options.baseline.values', context);
}

function drawnFor(asked: string): Baseline {
  if (asked === 'GRADIENT_SHAP') return { kind: 'DRAWN' };
  throw badUserInput(
    'options.baseline.rows',
    `${asked} starts from one baseline: \`options.baseline.rows\` are for GRADIENT_SHAP. Give \`kind\` or \`values\`, or ask for that.`,
  );
}

/** A row as the model takes it, so that equal baselines are one, however they were written. */
async function writtenBaseline(
  { graph, manifest }: ModelRow,
  row: WrittenRow,
  argument: string,
  { environment }: Context,
): Promise<Baseline> {
  try {
    const vocabularies = await loadVocabularies(environment.home, manifest);
    return ofWrittenRow(await writtenBatch([row], graph, manifest, vocabularies));
  } catch (error) {
    if (!(error instanceof GlassgraphError) || (error.code !== 'BAD_USER_INPUT' && error.code !== 'BINDING_MISMATCH'))
      throw error;
    const message = error.message.replaceAll('rows[0]', 'values');
    throw badUserInput(argument, `\`${argument}\`: ${message}`, { ...error.details, argument });
  }
}
