import { expect } from 'vitest';

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly [detail: string]: unknown };
}

/** What a GraphQL request came back with. */
export interface Answer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors: readonly AnswerError[];
  // biome-ignore lint/suspicious/noExplicitAny: extensions are JSON, and each test knows what it asked for.
  readonly extensions: any;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON, and each test knows what it asked for.
export type Ask = <Data = any>(
  document: string,
  variables?: Record<string, unknown>,
  headers?: Record<string, string>,
) => Promise<Answer<Data>>;

/** Asks a server over HTTP. `secrets`: folders of the server that no error may name. */
export const asker =
  (url: string, secrets: readonly string[]): Ask =>
  async (document, variables = {}, headers = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: document, variables }),
    });
    const { data, errors = [], extensions = {} } = (await response.json()) as Omit<Answer<never>, 'status'>;
    for (const error of errors) assertTellsNothing(error, secrets);
    return { status: response.status, data, errors, extensions };
  };

/** The same, for questions that must be answered: their data. */
export const answered =
  (ask: Ask): (<Data>(...request: Parameters<Ask>) => Promise<Data>) =>
  async <Data>(...request: Parameters<Ask>) => {
    const { data, errors } = await ask<Data>(...request);
    expect(errors).toEqual([]);
    return data;
  };

/** Every error has a code; none names a path of the server, a query of its database or a place in its source. */
function assertTellsNothing(error: AnswerError, secrets: readonly string[]): void {
  expect(error.extensions?.code, error.message).toMatch(/^[A-Z_]+$/);
  const text = JSON.stringify(error);
  for (const secret of [...secrets, process.cwd(), 'node_modules', 'at file:', '.ts:', 'Failed query'])
    expect(text).not.toContain(secret);
  expect(text).not.toMatch(/\bselect\b.+\bfrom\b|insert into/i);
}
