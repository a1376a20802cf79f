import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { ErrorCode } from '../errors.ts';
import { requestLimits } from './limits.ts';

/** Bodies of POST: JSON, read no further than the limit. Refused with 413 PAYLOAD_TOO_LARGE and 400 BAD_USER_INPUT. */
export function requestBodies(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'POST') setRequestParser(parseBody);
    },
  };
}

async function parseBody(request: Request): Promise<GraphQLParams> {
  const text = await textOf(request);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw refused(400, 'BAD_USER_INPUT', `The body is no JSON: ${(error as Error).message}.`);
  }
  if (body === null || typeof body !== 'object')
    throw refused(400, 'BAD_USER_INPUT', 'The body must be a JSON object with a query, and variables if it has any.');
  return body;
}

async function textOf({ headers, body }: Request): Promise<string> {
  const { bodyBytes } = requestLimits;
  const tooLarge = () =>
    refused(
      413,
      'PAYLOAD_TOO_LARGE',
      `The body is larger than ${bodyBytes} bytes, which is the most. Split the request.`,
    );
  if (Number(headers.get('content-length')) > bodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > bodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const refused = (status: number, code: ErrorCode, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } });
