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

/** Everything in the schema that a client reads about, by its name. */
function everythingIn(schema: GraphQLSchema): [string, Described][] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return types.flatMap((type): [string, Described][] => [[type.name, type], ...membersOf(type)]);
}

/** Words by which a description would go on from the name of its field, which clients do not always show beside it. */
const continuing =
  /^(About|Above|Across|Among|And|As|At|Before|Below|Beside|Between|Beyond|By|For|From|In|Is|Of|On|Or|Over|Per|To|Under|Up|Was|With|Within)\b/;

/** As far as it can be told cheaply: it stands alone, is more than a word or two, and all that is in it begins and ends as sentences do. */
function isWhole(description: string): boolean {
  const sentences = description.replaceAll(/\b(e\.g|i\.e|et al)\./g, '$1').split(/(?<=\.)\s+/);
  return (
    !continuing.test(description) &&
    description.split(/\s+/).length > 2 &&
    sentences.every((sentence) => /^[\p{Lu}`“].*\.$/su.test(sentence))
  );
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
    const undescribed = everythingIn(schema).filter(([, { description }]) => !description?.trim());
    expect(undescribed.map(([name]) => name)).toEqual([]);
  });

  test('describes it in whole sentences', () => {
    const broken = everythingIn(schema).filter(([, { description }]) => !isWhole(description ?? ''));
    expect(broken.map(([name, { description }]) => `${name}: ${description}`)).toEqual([]);
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
