import { badUserInput, type GlassgraphError } from '../../errors.ts';

/** Global ids are `Type:rest` in base64url. What identifies a thing within a model is JSON, so that any name can be part of it. */
export const encodeId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');

/** The types that implement Node. */
export const nodeTypes: readonly string[] = ['Model', 'Layer', 'Neuron', 'Feature', 'FeatureGroup', 'Dataset', 'Job'];

export interface DecodedId {
  readonly typename: string;
  readonly id: string;
}

function parsed(globalId: string): DecodedId | undefined {
  const [, typename, id] = /^([A-Za-z]+):([^\0]+)$/.exec(Buffer.from(globalId, 'base64url').toString()) ?? [];
  return typename !== undefined && id !== undefined && nodeTypes.includes(typename) ? { typename, id } : undefined;
}

/** Throws BAD_USER_INPUT for what is no global id. */
export function decodeId(globalId: string): DecodedId {
  const decoded = parsed(globalId);
  if (decoded === undefined) throw notAnId('id', globalId);
  return decoded;
}

const notAnId = (argument: string, globalId: string): GlassgraphError =>
  badUserInput(argument, `“${globalId}” is no id of this server. Take one from an \`id\` field.`);

/** No model has such an id. */
const ofNothing = 'of nothing: ';

/** Never throws: of several ids that are decoded together, one that is none must not take the others along. */
export const decodeAny = (globalId: string): DecodedId =>
  parsed(globalId) ?? { typename: 'Model', id: `${ofNothing}${globalId}` };

/** Why what `decodeAny` was given is no global id; undefined when it is one. */
export const flawOfId = ({ id }: DecodedId, argument: string): GlassgraphError | undefined =>
  id.startsWith(ofNothing) ? notAnId(argument, id.slice(ofNothing.length)) : undefined;

/** The tables' keys; anything else cannot be one and must not reach the database. */
export const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

export const partsId = (parts: readonly (string | number)[]): string => JSON.stringify(parts);

/** null for what `partsId` did not make. */
export function idParts(id: string): unknown[] | null {
  try {
    const parts: unknown = JSON.parse(id);
    return Array.isArray(parts) && isUuid(String(parts[0])) ? parts : null;
  } catch {
    return null;
  }
}

/** A page of any list; each is looked up. */
const idCountLimit = 200;

export function assertIdCount({ ids }: { readonly ids: readonly unknown[] }): void {
  if (ids.length > idCountLimit) throw badUserInput('ids', `\`ids\` has ${ids.length}; the most is ${idCountLimit}.`);
}
