import type { Answer } from './ask.ts';

const document = `mutation ($input: RegisterDatasetInput!) {
  registerDataset(input: $input) { dataset { id digest rowCount columns { name type } } }
}`;

/** Sends a mutation with files as `input.source.files`, as the GraphQL multipart request specification says. */
export async function upload(
  url: string,
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  input: object,
  mutation = document,
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON, and each test knows what it asked for.
): Promise<Answer<any>> {
  const names = Object.keys(files);
  const form = new FormData();
  const variables = { input: { version: '1', ...input, source: { files: names.map(() => null) } } };
  form.set('operations', JSON.stringify({ query: mutation, variables }));
  form.set(
    'map',
    JSON.stringify(Object.fromEntries(names.map((_, at) => [at, [`variables.input.source.files.${at}`]]))),
  );
  for (const [at, name] of names.entries()) form.set(String(at), new File([files[name] ?? ''], name));
  return send(url, form);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
export async function send(url: string, form: FormData, headers: Record<string, string> = {}): Promise<Answer<any>> {
  const response = await fetch(url, { method: 'POST', body: form, headers });
  const { data, errors = [], extensions = {} } = (await response.json()) as Omit<Answer<unknown>, 'status'>;
  return { status: response.status, data, errors, extensions };
}
