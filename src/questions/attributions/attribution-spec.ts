import { ofWrittenRow } from '../../analysis/attributions/baseline.ts';
import type { AttributionSpec, Baseline, AttributionMethod as Method } from '../../analysis/attributions/method.ts';
import { optionsOf } from '../../analysis/attributions/options.ts';
import type { Target } from '../../analysis/target.ts';
import { type WrittenRow, writtenBatch } from '../../data/batches/written-rows.ts';
import { loadVocabularies } from '../../data/manifest/vocabulary.ts';
import { badUserInput, GlassgraphError } from '../../errors.ts';
import { attributionLimits } from '../../limits.ts';
import type { ModelRow } from '../../store/models.ts';
import { type Optional, wholeBetween } from '../arguments.ts';
import type { RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';

/** Where a method starts: one of these. */
export interface BaselineArgument {
  readonly kind?: Optional<'ZERO' | 'MEAN' | 'MISSING'>;
  /** Raw values by feature, as in a dataset. */
  readonly values?: unknown;
  /** What baselines are drawn from. */
  readonly rows?: Optional<RowsArgument>;
}

/** What may be told to a method; what is left out has the method's default. */
export interface AttributionOptions {
  readonly baseline?: Optional<BaselineArgument>;
  readonly steps?: Optional<number>;
  readonly samples?: Optional<number>;
  readonly noise?: Optional<number>;
  readonly seed?: Optional<number>;
}

export interface AskedMethod {
  readonly method?: Optional<Method>;
  readonly options?: Optional<AttributionOptions>;
  /** What the client asked for, where that is no method. */
  readonly called?: string;
}

/** With the defaults filled in. Throws BAD_USER_INPUT for an option that the method does not have, and for one that is out of range. */
export async function attributionSpec(
  asker: Asker,
  model: ModelRow,
  asked: AskedMethod,
  fallback: Method,
  target: Target,
): Promise<AttributionSpec> {
  const method = asked.method ?? fallback;
  const defaults = optionsOf[method];
  const given = Object.entries(asked.options ?? {}).filter(([, value]) => value != null);
  for (const [name] of given) if (!(name in defaults)) throw lacking(asked.called ?? method, name);
  const { baseline, steps, samples, noise, seed } = { ...asked.options };
  const start = baseline == null ? undefined : await baselineOf(asker, model, asked.called ?? method, baseline);
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
  asker: Asker,
  model: ModelRow,
  asked: string,
  { kind, values, rows }: BaselineArgument,
): Promise<Baseline | undefined> {
  if (rows != null) return drawnFor(asked);
  if (kind === 'ZERO') return undefined;
  if (kind === 'MEAN') return { kind };
  if (kind === 'MISSING') return writtenBaseline(asker, model, {}, 'options.baseline.kind');
  return writtenBaseline(asker, model, values as WrittenRow, 'options.baseline.values');
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
  { home }: Asker,
  { graph, manifest }: ModelRow,
  row: WrittenRow,
  argument: string,
): Promise<Baseline> {
  try {
    const vocabularies = await loadVocabularies(home, manifest);
    return ofWrittenRow(await writtenBatch([row], graph, manifest, vocabularies));
  } catch (error) {
    if (!(error instanceof GlassgraphError) || (error.code !== 'BAD_USER_INPUT' && error.code !== 'BINDING_MISMATCH'))
      throw error;
    const message = error.message.replaceAll('rows[0]', 'values');
    throw badUserInput(argument, `\`${argument}\`: ${message}`, { ...error.details, argument });
  }
}
