import { collectSubFields } from '@graphql-tools/utils';
import { type GraphQLObjectType, type GraphQLResolveInfo, getArgumentValues, getNamedType } from 'graphql';
import type { Context } from './context.ts';

/** Fields of a type that are questions of their own: each asks for what it needs. */
export type Questions<Of> = Readonly<
  Record<string, (of: Of, args: Readonly<Record<string, unknown>>, context: Context) => Promise<unknown>>
>;

/**
 * Asks at once for what the query wants below an analysis' field, so that it shares the pass of that analysis instead of waiting for
 * its answer. Whoever resolves those fields asks the same again and gets the same answer, or the same error.
 */
export function askAhead<Of>(questions: Questions<Of>, of: Of, context: Context, info: GraphQLResolveInfo): void {
  const type = getNamedType(info.returnType) as GraphQLObjectType;
  const { fields } = collectSubFields(info.schema, info.fragments, info.variableValues, type, [...info.fieldNodes]);
  for (const [node] of fields.values()) {
    const field = type.getFields()[node?.name.value ?? ''];
    const question = questions[field?.name ?? ''];
    if (node === undefined || field === undefined || question === undefined) continue;
    context.scope.enter();
    new Promise((resolve) => resolve(question(of, getArgumentValues(field, node, info.variableValues), context)))
      .catch(() => undefined)
      .finally(() => context.scope.leave());
  }
}
