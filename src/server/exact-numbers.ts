import { type ASTVisitor, GraphQLError, type ValidationContext, type ValueNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isRounded, roundedNumber } from '../exact-json.ts';

/** Refuses documents with numbers that would be rounded. Those of variables are refused where their JSON is read. */
export const exactNumbers = (): Plugin => ({
  onValidate: ({ addValidationRule }) => addValidationRule(noRoundedNumber),
});

function noRoundedNumber(context: ValidationContext): ASTVisitor {
  const check = (node: ValueNode & { readonly value: string }): void => {
    if (!isRounded(node.value)) return;
    const { message, code } = roundedNumber('query', node.value);
    context.reportError(new GraphQLError(message, { nodes: node, extensions: { code } }));
  };
  return { IntValue: check, FloatValue: check };
}
