import type { GraphQLParams } from 'graphql-yoga';
import { GlassgraphError } from '../errors.ts';
import { parseJson } from '../exact-json.ts';

/** The body is no multipart request; `message` says why, to the client. */
export class NoMultipartRequest extends Error {}

/**
 * A request with files: `operations`, `map`, and a part for each file that the map names
 * (https://github.com/jaydenseric/graphql-multipart-request-spec). Files take the places of the nulls that the map says.
 */
export async function parseMultipart(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<GraphQLParams> {
  const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData().catch(() => {
    throw new NoMultipartRequest('The body is no multipart/form-data.');
  });
  const operations = jsonPart(form, 'operations');
  const map = jsonPart(form, 'map') as Readonly<Record<string, unknown>>;
  for (const [key, paths] of Object.entries(map)) {
    const file = form.get(key);
    if (!(file instanceof File)) throw new NoMultipartRequest(`The map names the part “${key}”, which is no file.`);
    if (!Array.isArray(paths)) throw new NoMultipartRequest(`The map must give “${key}” a list of paths.`);
    for (const path of paths) place(operations, String(path), file);
  }
  return operations as GraphQLParams;
}

function jsonPart(form: FormData, name: string): object {
  const text = form.get(name);
  let value: unknown;
  try {
    value = typeof text === 'string' ? parseJson(text) : undefined;
  } catch (error) {
    if (error instanceof GlassgraphError) throw error;
    value = undefined;
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  throw new NoMultipartRequest(`The part “${name}” must be a JSON object.`);
}

/** Only where there is a null, as the specification has it: nothing else can be reached or made. */
function place(operations: object, path: string, file: File): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce<unknown>(
    (inner, key) => (isContainer(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    operations,
  );
  if (!isContainer(parent) || !Object.hasOwn(parent, last) || parent[last] !== null)
    throw new NoMultipartRequest(`The map’s path “${path.slice(0, 200)}” leads to no null in operations.`);
  parent[last] = file;
}

const isContainer = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object';
