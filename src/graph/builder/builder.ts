import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import { GraphQLScalarType } from 'graphql';
import { DateTimeResolver, JSONResolver } from 'graphql-scalars';
import type { VegaLite } from '../../plots/vega-lite.ts';
import type { Context } from './context.ts';
import { refusedEarly } from './early.ts';
import { assertIdCount, decodeAny, encodeId, flawOfId } from './ids.ts';
import './counting-plugin.ts';
import './texts-plugin.ts';

/** Pothos: types are declared in code, one file each; schema.graphql is printed from here. */
export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
    SafeInt: { Input: number; Output: number };
    Upload: { Input: File; Output: never };
    VegaLite: { Input: never; Output: VegaLite };
  };
}>({
  plugins: [RelayPlugin, 'counting', 'texts'],
  defaultFieldNullability: false,
  relay: {
    cursorType: 'String',
    encodeGlobalID: (typename, id) => encodeId(typename, String(id)),
    decodeGlobalID: decodeAny,
    idFieldOptions: { description: 'Global id: `node(id:)` finds this again.' },
    nodeTypeOptions: { description: 'Anything with an id of its own, which `node` finds again.' },
    nodeQueryOptions: {
      description: 'The thing with this id; null when there is none.',
      args: { id: { description: 'The global id of what is meant.' } },
      resolve: (_, { id }, __, ___, resolveNode) => {
        const flaw = flawOfId(id, 'id');
        if (flaw !== undefined) throw flaw;
        return resolveNode(id);
      },
    },
    nodesQueryOptions: {
      description:
        'The things with these ids, in their order; null for those that do not exist, with an error for what is no id.',
      args: { ids: { description: 'Global ids, at most 200.' } },
      extensions: refusedEarly(assertIdCount),
      // An id that is none costs its own place, not the list.
      resolve: async (_, { ids }, __, ___, resolveNodes) => {
        const nodes = await resolveNodes(ids);
        return ids.map((id, at) => flawOfId(id, `ids[${at}]`) ?? nodes[at] ?? null);
      },
    },
    pageInfoTypeOptions: {
      description: 'What is known about a page of a connection (Relay Cursor Connections Specification).',
    },
    hasNextPageFieldOptions: { description: 'Whether there is more behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first edge of this page.' },
    endCursorFieldOptions: { description: 'Cursor of the last edge of this page.' },
  },
});

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('JSON', JSONResolver);
builder.addScalarType(
  'SafeInt',
  new GraphQLScalarType<number, number>({
    name: 'SafeInt',
    description: 'A whole number up to 2^53 - 1 (rows, bytes, parameters); always a JSON number.',
    serialize: safeInteger,
    parseValue: safeInteger,
  }),
);

builder.addScalarType(
  'Upload',
  new GraphQLScalarType<File, never>({
    name: 'Upload',
    description: 'A file of a multipart request (GraphQL multipart request specification).',
    parseValue: uploadedFile,
    parseLiteral: () => uploadedFile(undefined),
    serialize: () => uploadedFile(undefined) as never,
  }),
);

function uploadedFile(value: unknown): File {
  if (value instanceof File) return value;
  throw new TypeError('A file comes with a multipart request, as a variable that its map names.');
}

function safeInteger(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw new TypeError(`${String(value)} is no whole number up to 2^53 - 1.`);
  return number;
}

builder.queryType({ description: 'Everything that can be asked.' });
builder.mutationType({
  description:
    'Everything that changes something. Each field is nullable, so that what one did is told also when another one fails.',
});
builder.subscriptionType({ description: 'What can be followed, over Server-Sent Events.' });
