import type { Command } from 'commander';
import { badUserInput } from '../errors.ts';

export interface Answer<Data> {
  readonly data: Data | null;
  readonly errors: readonly AnswerError[];
  readonly extensions: { readonly plan?: { readonly passes: unknown; readonly mermaid: string } };
}

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string };
}

/** Where the server is; the same for every command that asks one. */
export const asking = (command: Command): Command =>
  command.option(
    '--url <endpoint>',
    'GLASSGRAPH_URL: endpoint of the server',
    process.env.GLASSGRAPH_URL || 'http://127.0.0.1:4000/graphql',
  );

/** Throws BAD_USER_INPUT where no server of ours answers. */
export async function ask<Data>(
  url: string,
  request: { query: string; variables?: unknown; operationName?: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<Data>> {
  const response = await send(url, request, headers);
  const answer = (await response.json().catch(() => undefined)) as Partial<Answer<Data>> | undefined;
  if (answer === undefined || !('data' in answer || 'errors' in answer))
    throw badUserInput(
      'url',
      `What answers at ${url} is no Glassgraph (status ${response.status}). Name its endpoint with --url.`,
    );
  const { data = null, errors = [], extensions = {} } = answer;
  return { data, errors, extensions };
}

/** The data of an answer, whose errors end the command. */
export async function asked<Data>(...request: Parameters<typeof ask>): Promise<Data> {
  const { data, errors } = await ask<Data>(...request);
  if (errors.length === 0) return data as Data;
  throw new AnswerErrors(errors);
}

export const lineOf = ({ message, path, extensions }: AnswerError): string =>
  `${extensions.code}${path === undefined ? '' : ` at ${path.join('.')}`}: ${message}`;

/** Errors of an answer, which end a command. */
export class AnswerErrors extends Error {
  readonly errors: readonly AnswerError[];

  constructor(errors: readonly AnswerError[]) {
    super(errors.map(({ message }) => message).join(' '));
    this.errors = errors;
  }
}

export async function send(url: string, body: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    throw badUserInput(
      'url',
      `Nothing answers at ${url} (${cause?.code ?? message}). Start a server with “glassgraph serve”, or name another with --url.`,
    );
  }
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
