import { collectSubFields } from '@graphql-tools/utils';
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  getNamedType,
} from 'graphql';
import { beside } from '../../questions/asker.ts';
import type { Context } from './context.ts';

/** Fields of a type that are questions of their own: each asks for what it needs, with the arguments of its field. */
export type Questions<Of> = Readonly<Record<string, (of: Of, args: never, context: Context) => Promise<unknown>>>;

/**
 * Asks at once for what the query wants below an analysis' field, so that it shares the pass of that analysis instead of waiting for
 * its answer. Whoever resolves those fields asks the same again and gets the same answer, or the same error.
 * `path`: names of the fields between this one and those that ask.
 */
export function askAhead<Of>(
  questions: Questions<Of>,
  of: Of,
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[] = [],
): void {
  let type = getNamedType(info.returnType) as GraphQLObjectType;
  let fields = fieldsBelow(info, type, info.fieldNodes);
  for (const name of path) {
    type = getNamedType(type.getFields()[name]?.type) as GraphQLObjectType;
    fields = fieldsBelow(
      info,
      type,
      fields.filter((node) => node.name.value === name),
    );
  }
  for (const node of fields) {
    const field = type.getFields()[node.name.value];
    const question = questions[node.name.value];
    if (field === undefined || question === undefined) continue;
    // The schema says that they are the field's.
    const args = () => getArgumentValues(field, node, info.variableValues) as never;
    beside(context, async (asker) => question(of, args(), asker)).catch(() => undefined);
  }
}

/** Fragments, @include and @skip are honoured; the same field may come more than once. */
function fieldsBelow(info: GraphQLResolveInfo, type: GraphQLObjectType, nodes: readonly FieldNode[]): FieldNode[] {
  if (nodes.length === 0) return [];
  const { fields } = collectSubFields(info.schema, info.fragments, info.variableValues, type, [...nodes]);
  return [...fields.values()].flat();
}
