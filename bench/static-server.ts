/** Bare GraphQL Yoga whose one field is the JSON in the file that is named: what HTTP and GraphQL cost by themselves. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { GraphQLJSON } from 'graphql-scalars';
import { createSchema, createYoga } from 'graphql-yoga';

const model: unknown = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')).model;
const schema = createSchema({
  typeDefs: 'scalar JSON type Query { model: JSON }',
  resolvers: { JSON: GraphQLJSON, Query: { model: () => model } },
});
createServer(createYoga({ schema, logging: false })).listen(Number(process.env.PORT), '127.0.0.1');
