import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { earlyRefusal } from '../graph/builder/early.ts';
import { errorMasker } from './errors.ts';

interface AskedField {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
}

/** Refuses a document before it runs when arguments of a field that cannot be null would lose what is around it (graph/early.ts). */
export function earlyRefusals(log: Logger): Plugin {
  const mask = errorMasker(log);
  // Documents that are asked again are parsed once.
  const known = new WeakMap<OperationDefinitionNode, readonly AskedField[]>();
  return {
    onExecute({ args: { schema, document, operationName, variableValues }, setResultAndStopExecution }) {
      const operation = getOperationAST(document, operationName);
      if (operation == null) return;
      const asked = known.get(operation) ?? fieldsWithArguments(schema, document, operation);
      known.set(operation, asked);
      if (asked.length === 0) return;
      const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
      // The execution says what is wrong with them.
      if (coerced === undefined) return;
      const errors = asked.flatMap(({ definition, node }) => {
        const refusal = earlyRefusal(definition, getArgumentValues(definition, node, coerced));
        if (refusal === undefined) return [];
        const error = mask(new GraphQLError(refusal.message, { nodes: [node], originalError: refusal }));
        error.extensions.http = { status: 400, spec: true };
        return [error];
      });
      if (errors.length > 0) setResultAndStopExecution({ errors });
    },
  };
}

/** Of the operation and its fragments: fields that cannot be null. What a directive may leave out is left to the execution. */
function fieldsWithArguments(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): AskedField[] {
  const found: AskedField[] = [];
  const fragments = new Set<string>();
  const walk = (root: OperationDefinitionNode | FragmentDefinitionNode): void => {
    const types = new TypeInfo(schema);
    const begin = (node: FieldNode | { readonly kind: string; readonly directives?: readonly unknown[] }) =>
      node.directives?.length ? false : undefined;
    visit(
      root,
      visitWithTypeInfo(types, {
        InlineFragment: begin,
        FragmentSpread(node) {
          if (begin(node) === undefined) fragments.add(node.name.value);
        },
        Field(node) {
          if (begin(node) === false) return false;
          const definition = types.getFieldDef();
          const isAsked = definition != null && definition.args.length > 0 && String(definition.type).endsWith('!');
          if (isAsked) found.push({ definition, node });
          return undefined;
        },
      }),
    );
  };
  walk(operation);
  // A set takes in what is added while it is gone through.
  for (const name of fragments) {
    const fragment = document.definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
    );
    if (fragment?.kind === Kind.FRAGMENT_DEFINITION) walk(fragment);
  }
  return found;
}
