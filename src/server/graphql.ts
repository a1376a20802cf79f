import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import type { GraphQLError } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Context, Services } from '../graph/context.ts';
import { schema } from '../graph/schema.ts';
import { mermaidOf } from '../planner/describe.ts';
import { requestBodies } from './body.ts';
import { errorMasker } from './errors.ts';
import { documentLimits } from './limits.ts';
import { preferredWaitMs } from './prefer.ts';

export const endpoint = '/graphql';

/** The HTTP side of GraphQL; errors, limits and waiting as the contract says. */
export function createGraphql(services: Services, patienceMs: number): YogaServerInstance<object, Context> {
  const { log, planner } = services;
  return createYoga<object, Context>({
    schema,
    graphqlEndpoint: endpoint,
    graphiql: false,
    landingPage: false,
    cors: false,
    // Ours says what to do instead.
    multipart: false,
    maxRequestBodySize: false,
    logging: {
      debug: () => undefined,
      info: (...args) => log.info({ args }),
      warn: (...args) => log.warn({ args }),
      // Errors of requests are logged where they are masked, with their id.
      error: () => undefined,
    },
    context: ({ request }) => ({
      ...services,
      request,
      scope: planner.scope({
        patienceMs: preferredWaitMs(request.headers.get('prefer')) ?? patienceMs,
        signal: request.signal,
      }),
      datasets: new Map(),
      answers: new Map(),
      fieldCount: 0,
    }),
    maskedErrors: { maskError: errorMasker(log) },
    plugins: [requestBodies(), limits(), planExtension()],
  });
}

/** Documents that are too deep, too long or ask one thing under too many names are refused before they run. */
function limits(): Plugin {
  const onReject = [
    (_: unknown, error: GraphQLError) => void Object.assign(error.extensions, { code: 'COST_LIMIT_EXCEEDED' }),
  ];
  const rule = (n: number) => ({ n, onReject, propagateOnRejection: true });
  return EnvelopArmorPlugin({
    maxDepth: rule(documentLimits.depth),
    maxAliases: rule(documentLimits.aliases),
    maxTokens: rule(documentLimits.tokens),
    maxDirectives: rule(documentLimits.directives),
    costLimit: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  }) as Plugin;
}

/** `extensions.plan` for those who ask with the header `x-glassgraph-plan: 1`: which passes answered the query. */
function planExtension(): Plugin<Context> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        const { request, scope } = args.contextValue as Context;
        if (request.headers.get('x-glassgraph-plan') !== '1' || Symbol.asyncIterator in result) return;
        const plan = { passes: scope.plans, mermaid: mermaidOf(scope.plans) };
        setResult({ ...result, extensions: { ...result.extensions, plan } });
      },
    }),
  };
}
