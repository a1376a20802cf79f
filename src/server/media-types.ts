import { GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { badUserInput } from '../errors.ts';

const ofAnswers = ['application/graphql-response+json', 'application/json'] as const;
const ofEvents = 'text/event-stream';
const served: readonly string[] = [...ofAnswers, ofEvents, 'multipart/mixed'];

/**
 * Who accepts no form in which there is an answer gets 406 with what to accept, as JSON, which whoever sent JSON can read. A request
 * that accepts none at all is refused before anything is done.
 */
export function mediaTypes(): Plugin {
  return {
    onRequestParse({ request }) {
      if (!acceptsAny(request.headers.get('accept'))) throw notAcceptable(answerAdvice, ofAnswers);
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      if (resultProcessor !== undefined) return;
      let errors = 'errors' in result ? result.errors : undefined;
      if (isAsyncIterable(result)) {
        // Nobody will read it.
        void result[Symbol.asyncIterator]().return?.();
        errors = undefined;
      }
      errors ??= [notAcceptable(eventAdvice, [ofEvents])];
      const body = JSON.stringify({ errors: errors.map(plain) });
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      setResultProcessor((_, { Response }) => new Response(body, { status: 406, headers }), 'application/json');
    },
  };
}

const answerAdvice =
  'Answers are JSON: send the header accept: application/graphql-response+json, or application/json.';
const eventAdvice =
  'A subscription is answered by Server-Sent Events: send the header accept: text/event-stream (graphql-sse in its distinct connections mode does).';

function notAcceptable(message: string, acceptable: readonly string[]): GraphQLError {
  const cause = badUserInput('Accept', message, { acceptable });
  const extensions = { ...cause.details, code: cause.code, http: { status: 406 } };
  return new GraphQLError(message, { originalError: cause, extensions });
}

/** What the server says to itself of the HTTP answer is not for the client. */
function plain(error: GraphQLError): object {
  const { http: _, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions };
}

function acceptsAny(header: string | null): boolean {
  const asked = (header ?? '*/*').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  return asked.some((range) => {
    const [type, subtype] = range.split('/');
    return served.some((one) => {
      const [ourType, ourSubtype] = one.split('/');
      return (type === '*' || type === ourType) && (subtype === '*' || subtype === ourSubtype);
    });
  });
}
