import { badUserInput } from '../errors.ts';

/** Global ids are `Type:rest` in base64url. What identifies a thing within a model is JSON, so that any name can be part of it. */
export const encodeId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');

/** The types that implement Node. */
export const nodeTypes: readonly string[] = ['Model', 'Layer', 'Neuron', 'Feature', 'FeatureGroup', 'Dataset', 'Job'];

/** Throws BAD_USER_INPUT for what is no global id. */
export function decodeId(globalId: string): { typename: string; id: string } {
  const [, typename, id] = /^([A-Za-z]+):([^\0]+)$/.exec(Buffer.from(globalId, 'base64url').toString()) ?? [];
  if (typename !== undefined && id !== undefined && nodeTypes.includes(typename)) return { typename, id };
  throw badUserInput('id', `“${globalId}” is no id of this server. Take one from an \`id\` field.`);
}

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

export function assertIdCount(ids: readonly unknown[]): void {
  if (ids.length > idCountLimit) throw badUserInput('ids', `\`ids\` has ${ids.length}; the most is ${idCountLimit}.`);
}
