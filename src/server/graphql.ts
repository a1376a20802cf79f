import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
} from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { atWorkFor } from '../at-work.ts';
import type { PrefetchRequest, RequestContext, Services } from '../graph/builder/context.ts';
import { schema } from '../graph/schema.ts';
import { mermaidOf } from '../planner/describe.ts';
import { requestBodies } from './body.ts';
import { earlyRefusals } from './early-refusals.ts';
import { codedError, errorMasker } from './errors.ts';
import { exactNumbers } from './exact-numbers.ts';
import { documentLimits } from './limits.ts';
import { mediaTypes } from './media-types.ts';
import { preferredWaitMs } from './prefer.ts';
import type { Documents } from './prefetch.ts';
import { unavailable } from './unavailable.ts';

export const endpoint = '/graphql';

/** Of a document that no HTTP request asks. */
interface Prefetched {
  readonly prefetch?: { readonly signal: AbortSignal; readonly jobs: Set<string> };
}

export type Graphql = YogaServerInstance<Prefetched, RequestContext>;

/** The HTTP side of GraphQL; errors, limits and waiting as the contract says. */
export function createGraphql(services: Services, patienceMs: number): Graphql {
  const { log, planner } = services;
  return createYoga<Prefetched, RequestContext>({
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
    context: ({ request, params, prefetch }) => ({
      ...services,
      request,
      operation: params,
      scope: planner.scope(
        prefetch === undefined
          ? { patienceMs: preferredWaitMs(request.headers.get('prefer')) ?? patienceMs, signal: request.signal }
          : { patienceMs: Number.POSITIVE_INFINITY, ...prefetch },
      ),
      datasets: new Map(),
      answers: new Map(),
      fieldCount: 0,
    }),
    maskedErrors: { maskError: errorMasker(log) },
    plugins: [
      mediaTypes(),
      requestBodies(),
      notedOperation(),
      earlyRefusals(log),
      limits(),
      exactNumbers(),
      planExtension(),
      unavailable(),
    ],
  });
}

/** From its parsing on, the thread is at work for a document. */
const notedOperation = (): Plugin => ({ onParams: ({ params }) => atWorkFor(params) });

/** Documents that are asked without HTTP go the same way. */
export function documentsOf(graphql: Graphql): Documents {
  const enveloped = ({ query, operationName, variables }: PrefetchRequest, prefetch?: Prefetched['prefetch']) => {
    const params = { query, variables: { ...variables }, ...(operationName === null ? {} : { operationName }) };
    const request = new Request('http://localhost/graphql', { ...(prefetch && { signal: prefetch.signal }) });
    return graphql.getEnveloped({ request, params, ...(prefetch && { prefetch }) } as Parameters<
      Graphql['getEnveloped']
    >[0]);
  };
  const checked = (request: PrefetchRequest, { parse, validate, schema }: ReturnType<typeof enveloped>) => {
    try {
      const document: DocumentNode = parse(request.query);
      const [flaw] = validate(schema, document) as readonly GraphQLError[];
      if (flaw !== undefined) throw flaw;
      const { errors } = variablesOf(schema, document, request);
      if (errors?.[0] !== undefined) throw errors[0];
      return document;
    } catch (error) {
      throw error instanceof GraphQLError ? codedError(error) : error;
    }
  };
  return {
    check: (request) => checked(request, enveloped(request)),
    async execute(request, signal, jobs) {
      const prefetch = enveloped(request, { signal, jobs });
      const document = checked(request, prefetch);
      const { errors = [] } = (await prefetch.execute({
        schema: prefetch.schema,
        document,
        contextValue: await prefetch.contextFactory(),
        variableValues: request.variables,
        operationName: request.operationName,
      })) as ExecutionResult;
      return errors;
    },
  };
}

/** Nothing to say where the document has no such operation: whoever runs it says that. */
function variablesOf(schema: GraphQLSchema, document: DocumentNode, { operationName, variables }: PrefetchRequest) {
  const operation = getOperationAST(document, operationName);
  return getVariableValues(schema, operation?.variableDefinitions ?? [], variables);
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
function planExtension(): Plugin<RequestContext> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        const { request, scope } = args.contextValue as RequestContext;
        if (request.headers.get('x-glassgraph-plan') !== '1' || Symbol.asyncIterator in result) return;
        const plan = { passes: scope.plans, mermaid: mermaidOf(scope.plans) };
        setResult({ ...result, extensions: { ...result.extensions, plan } });
      },
    }),
  };
}
