import { existsSync, readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLNamedType,
  GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { trackedFiles } from './files.ts';
import { documentsIn } from './markdown.ts';

const path = 'schema.graphql';

type Described = { name: string; description?: string | null | undefined };

/** Name of everything in the schema that a client reads about and that nobody has described. */
function undescribed(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return types
    .flatMap((type): [string, Described][] => [[type.name, type], ...membersOf(type)])
    .filter(([, { description }]) => !description?.trim())
    .map(([name]) => name);
}

function membersOf(type: GraphQLNamedType): [string, Described][] {
  if (isEnumType(type)) return type.getValues().map((value) => [`${type.name}.${value.name}`, value]);
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field): [string, Described][] => [
    [`${type.name}.${field.name}`, field],
    ...field.args.map((argument): [string, Described] => [`${type.name}.${field.name}(${argument.name}:)`, argument]),
  ]);
}

describe.runIf(existsSync(path))('the schema', () => {
  const schema = existsSync(path) ? buildSchema(readFileSync(path, 'utf8')) : new GraphQLSchema({});

  test('describes everything that is in it', () => {
    expect(undescribed(schema)).toEqual([]);
  });

  test('calls nothing `id` but the global id of a node, which clients’ caches take it for', () => {
    const others = Object.values(schema.getTypeMap()).flatMap((type) => {
      if (!isObjectType(type) && !isInterfaceType(type)) return [];
      const id = type.getFields().id;
      const isNode = type.name === 'Node' || type.getInterfaces().some(({ name }) => name === 'Node');
      return (id === undefined) === !isNode && (id === undefined || String(id.type) === 'ID!') ? [] : [type.name];
    });
    expect(others).toEqual([]);
  });

  test('lets every mutation fail alone: their payloads are nullable', () => {
    const fields = Object.values(schema.getMutationType()?.getFields() ?? {});
    expect(fields.map(({ name, type }) => `${name}: ${type}`)).not.toContainEqual(expect.stringMatching(/!$/));
  });

  test('allows every query that the documentation shows', () => {
    const wrong = trackedFiles()
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        documentsIn(file).flatMap((document) =>
          validate(schema, parse(document)).map((error) => `${file}: ${error.message}`),
        ),
      );
    expect(wrong).toEqual([]);
  });
});
