import {
  type GraphQLField,
  getNamedType,
  isEnumType,
  isNonNullType,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../../src/graph/schema.ts';
import { questions } from './analyses.ts';
import { nets } from './nets.ts';

/** What cannot be different between backends: how results are drawn. */
const isDrawing = ({ type }: GraphQLField<unknown, unknown>): boolean => String(getNamedType(type)) === 'VegaLite';

const asksForRows = ({ args }: GraphQLField<unknown, unknown>): boolean =>
  args.some(({ type }) => /RowsInput|^\[JSON!\]!$/.test(String(type)));

/** Types whose nullable fields are computed, each by an analysis or reading of its own. */
const computed = ['Evaluation', 'LayerStatistics', 'NeuronStatistics', 'EmbeddingTable', 'Probe'];

test('every analysis of the schema is asked of every form, with each of its methods', () => {
  const wanted = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (isEnumType(type) && /Method$/.test(type.name)) return type.getValues().map(({ name }) => name);
    if (!isObjectType(type) || type.name === 'Mutation') return [];
    return Object.values(type.getFields())
      .filter((field) => !isDrawing(field))
      .filter((field) => asksForRows(field) || (computed.includes(type.name) && !isNonNullType(field.type)))
      .map((field) => `${type.name}.${field.name}`);
  });
  const net = nets.find(({ name }) => name === 'plain');
  const asked = new Set<string>();
  const info = new TypeInfo(schema);
  for (const { fields } of net === undefined ? [] : questions(net))
    visit(
      parse(`{ model(name: "net") { ${fields((part) => part)} } }`),
      visitWithTypeInfo(info, {
        Field: () => void asked.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}`),
        EnumValue: ({ value }) => void asked.add(value),
        // Defaults are asked for by leaving them out.
        enter: () => {
          for (const { defaultValue } of info.getFieldDef()?.args ?? [])
            if (typeof defaultValue === 'string') asked.add(defaultValue);
        },
      }),
    );
  expect(wanted.length).toBeGreaterThan(30);
  expect(wanted.filter((each) => !asked.has(each))).toEqual([]);
});
