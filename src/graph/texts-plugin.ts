import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { badUserInput } from '../errors.ts';
import { unstorableText } from '../texts.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      texts: TextsPlugin<Types>;
    }
  }
}

/** Refuses arguments with texts that nothing behind the resolvers could take. */
class TextsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { args }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (Object.keys(args).length === 0) return resolver;
    return (parent, given, context, info) => {
      const argument = unstorableText(given);
      if (argument === undefined) return resolver(parent, given, context, info);
      throw badUserInput(argument, `\`${argument}\` has the character U+0000 or a broken one. Send it without.`);
    };
  }
}

SchemaBuilder.registerPlugin('texts', TextsPlugin);
