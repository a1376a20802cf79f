import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import schema from '../../../docs/manifest.schema.json' with { type: 'json' };
import { badUserInput } from '../../errors.ts';
import { similarTo } from '../../similar.ts';
import type { FeatureKind, HashBinding, ScoreSpace, Transform } from './manifest.ts';

/** A manifest as it is registered: what follows from the model may be left out. */
export interface RawManifest {
  readonly score?: {
    readonly output: string;
    readonly index?: number;
    readonly space?: ScoreSpace;
    readonly logit?: string;
    readonly negativeSampling?: number;
  };
  readonly targets?: readonly RawTarget[];
  readonly features?: readonly RawFeature[];
}

export interface RawTarget {
  readonly output: string;
  readonly index?: number;
  readonly space?: ScoreSpace;
  readonly logit?: string;
  readonly label?: string;
}

export interface RawFeature {
  readonly name: string;
  readonly kind: FeatureKind;
  readonly column?: string;
  readonly input?: string;
  readonly index?: number;
  readonly group?: string;
  readonly missing?: number | string;
  readonly transform?: readonly Transform[];
  readonly vocabulary?: string;
  readonly offset?: number;
  readonly hash?: HashBinding;
  readonly length?: number;
  readonly padding?: number;
  readonly lengthInput?: string;
  readonly lengthIndex?: number;
  readonly offsetsInput?: string;
  readonly includeLastOffset?: boolean;
}

const validate = new Ajv2020({ strict: false, verbose: true }).compile(schema);

/** Throws BAD_USER_INPUT for the first thing that docs/manifest.schema.json does not allow: where it is, and what is allowed. */
export function parseManifest(raw: unknown): RawManifest {
  if (validate(raw)) return raw as RawManifest;
  const error = validate.errors?.find(({ keyword }) => keyword !== 'if') as ErrorObject;
  const path = `manifest${error.instancePath.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.')}`;
  const { message, details = {} } = explain(error);
  const name = featureNameAt(raw, error.instancePath);
  const whose = name === undefined ? '' : ` (the feature “${name}”)`;
  throw badUserInput(`input.${path}`, `${path} ${message}${whose}.`, details);
}

/** Of the feature that a place of the manifest is in, where it says what it is called. */
function featureNameAt(raw: unknown, instancePath: string): string | undefined {
  const at = /^\/features\/(\d+)/.exec(instancePath)?.[1];
  const name: unknown = Object(Object(raw).features?.[at ?? '']).name;
  return typeof name === 'string' ? name : undefined;
}

function explain({ keyword, params, message = '', data, parentSchema }: ErrorObject): {
  message: string;
  details?: Record<string, unknown>;
} {
  switch (keyword) {
    case 'enum': {
      const allowed = params.allowedValues as string[];
      return {
        message: `is ${JSON.stringify(data)}, and must be one of ${allowed.join(', ')}`,
        details: { allowed, similar: similarTo(String(data), allowed) },
      };
    }
    case 'additionalProperties': {
      const unknown = params.additionalProperty as string;
      const allowed = Object.keys((parentSchema as { properties: object }).properties);
      const kind = data === null || typeof data !== 'object' || !('kind' in data) ? '' : ` for ${data.kind}`;
      return {
        message: `has the key “${unknown}”; allowed are ${allowed.join(', ')}${kind}`,
        details: { allowed, similar: similarTo(unknown, allowed) },
      };
    }
    case 'not':
      return { message: 'has both a vocabulary and a hash; say one of them' };
    default:
      return { message };
  }
}
