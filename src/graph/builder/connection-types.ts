import type { ArgBuilder, ObjectRef } from '@pothos/core';
import { builder } from './builder.ts';
import type { Connection } from './connection.ts';

export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Inferred> ? Inferred : never;

/** `<Name>Connection` and `<Name>Edge` of the Relay Cursor Connections Specification, non-null throughout. */
export function connectionType<Node>(name: string, node: ObjectRef<Types, Node>, total: 'Int' | 'SafeInt' = 'Int') {
  const edge = builder.objectRef<{ cursor: string; node: Node }>(`${name}Edge`).implement({
    description: `A ${name} with its place in a connection.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Where this node stands, for `after` and `before`; opaque.' }),
      node: t.field({ type: node, description: 'The node of this edge.', resolve: (parent) => parent.node as never }),
    }),
  });
  const connection = builder.objectRef<Connection<Node>>(`${name}Connection`).implement({
    description: `A page of ${name} nodes.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        description: 'The nodes of this page, each with its cursor.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [node],
        description: 'The nodes of this page.',
        resolve: ({ edges }) => edges.map((one) => one.node) as never,
      }),
      pageInfo: t.field({
        type: builder.pageInfoRef(),
        description: 'Whether there is more on either side.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
      totalCount: t.field({
        type: total,
        description: 'The number of nodes on all pages together.',
        resolve: ({ totalCount }) => totalCount,
      }),
    }),
  });
  return { connection, edge };
}

/** first, after, last, before. */
export const pageArguments = (t: ArgBuilder<Types>, size = '20 unless said, at most 200') => ({
  first: t.int({ description: `This many from the start: ${size}.` }),
  after: t.string({ description: 'Only what comes after this cursor.' }),
  last: t.int({ description: 'This many from the end instead.' }),
  before: t.string({ description: 'Only what comes before this cursor.' }),
});
