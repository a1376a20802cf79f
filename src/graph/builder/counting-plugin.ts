import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { atWorkFor } from '../../at-work.ts';
import { costLimitExceeded } from '../../errors.ts';
import { queryLimits } from '../../limits.ts';
import { beside } from '../../questions/asker.ts';
import type { RequestContext } from './context.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      counting: CountingPlugin<Types>;
    }
  }
}

/**
 * Runs every resolver as a branch of its request, so that the planner knows when nobody is left who might ask another question
 * (planner/scope.ts). Counts all of them, so that no answer is larger than the server can bear, and notes for whom
 * the thread is at work.
 */
class CountingPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    _field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    return (parent, args, context, info) => {
      const request = context as unknown as RequestContext;
      if (++request.fieldCount > queryLimits.fieldCount) throw tooLarge();
      atWorkFor(request.operation);
      return beside(request, (asker) => resolver(parent, args, asker as unknown as Types['Context'], info));
    };
  }
}

const tooLarge = () =>
  costLimitExceeded(
    `The answer would have more than ${queryLimits.fieldCount} fields. Ask for less at a time: fewer levels, or smaller pages.`,
    { limit: queryLimits.fieldCount },
  );

SchemaBuilder.registerPlugin('counting', CountingPlugin);
